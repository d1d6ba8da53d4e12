"Every family takes all steps: pretrained, cut in two ways, adapted, finetuned, transferred, loaded from its folder."
import pytest, torch
from transformers import AutoModelForMaskedLM, AutoTokenizer
from minimodel_nb.core.families import families, refused
from minimodel_nb.lab.architecture import Architecture
from minimodel_nb.model.encoder import Encoder, has_family, load_primary, small_config, tie
from minimodel_nb.model.joint import minijoint
from minimodel_nb.model.pack import LanguagePack, plug, source_pack
from minimodel_nb.steps.adapt import adapt
from minimodel_nb.steps.finetune import finetune
from minimodel_nb.steps.mini import Bridge, build_mini
from minimodel_nb.steps.pretrain import pretrain
from minimodel_nb.steps.transfer import transfer
from minimodel_nb.tasks.task import tiny_topic
from minimodel_nb.text.corpus import Corpus, tiny_world
from minimodel_nb.text.tokens import train_tokenizer
from minimodel_nb.train.masked_lm import Text
from minimodel_nb.train.settings import TrainSettings

WORLD = tiny_world()

@pytest.fixture(scope='module')
def texts():
    def text(lang, vocab):
        corpus = Corpus(lang, WORLD.corpora[lang].docs[:-20], f'tiny {lang}')
        return Text(corpus, train_tokenizer(corpus, vocab), 32)
    return text('aa', 140), text('bb', 150)

QUICK = 'mpnet', 'electra', 'deberta-v2', 'eurobert' # each unlike the others; the rest with --slow

@pytest.mark.parametrize('kind', [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in families])
def test_all_steps(kind, texts, tmp_path):
    if not has_family(kind): pytest.skip(f'{kind} is not in the installed transformers')
    aa, bb = texts
    few = TrainSettings(steps=4, batch=8, lr=2e-3, p_mask=.3, bf16=False)
    config = Architecture(3, kind, width=32, heads=2, ff=64).config(aa.tokenizer, 32)
    joint = pretrain(config, aa, few, exits=(1,), device='cpu')
    joint.primary.save_pretrained(tmp_path/'primary')
    aa.tokenizer.save_pretrained(tmp_path/'primary')
    primary, tok = load_primary(tmp_path/'primary')
    src = source_pack(primary, tok, 'aa')
    for mini in (minijoint(joint, 1), build_mini(primary, aa, few, Bridge(keep=1, new=1), device='cpu')):
        adapt(mini, bb, src, few, device='cpu')
    pack = adapt(primary, bb, src, few, out=tmp_path/'bb', device='cpu')
    assert pack.fingerprint() == LanguagePack.load(tmp_path/'bb').fingerprint()
    plug(primary, pack).save_pretrained(tmp_path/'plugged')
    pack.tokenizer.save_pretrained(tmp_path/'plugged')
    back = AutoModelForMaskedLM.from_pretrained(tmp_path/'plugged', dtype=torch.float32).eval()
    read = AutoTokenizer.from_pretrained(tmp_path/'plugged')
    batch = read(WORLD.corpora['bb'].docs[:2], padding=True, truncation=True, max_length=32, return_tensors='pt')
    with torch.no_grad(): assert (back(**batch).logits - plug(primary, pack).eval()(**batch).logits).abs().max() < 1e-5
    topic = tiny_topic(WORLD, epochs=1, lr=1e-4)
    clf = finetune(primary, tok, topic, n_train=32, device='cpu', bf16=False)
    assert transfer(clf, pack, topic, src).result['score']

@pytest.mark.parametrize('kind', refused)
def test_refused_with_the_reason(kind, tmp_path):
    if not has_family(kind): pytest.skip(f'{kind} is not in the installed transformers')
    from transformers import AutoConfig
    AutoConfig.for_model(kind).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=refused[kind][:30]): load_primary(tmp_path)

def test_untied_eurobert_says_how(tmp_path):
    if not has_family('eurobert'): pytest.skip('eurobert is not in the installed transformers')
    model = AutoModelForMaskedLM.from_config(small_config('eurobert', tie_word_embeddings=False))
    model.save_pretrained(tmp_path/'untied')
    with pytest.raises(ValueError, match='encoder.tie'): load_primary(tmp_path/'untied')
    tie(AutoModelForMaskedLM.from_pretrained(tmp_path/'untied')).save_pretrained(tmp_path/'tied')
    tied = AutoModelForMaskedLM.from_pretrained(tmp_path/'tied')
    assert Encoder(tied).decoder.weight is tied.get_input_embeddings().weight
    assert torch.equal(tied.get_input_embeddings().weight, model.get_input_embeddings().weight)

def test_a_head_of_another_kind_says_so():
    if not has_family('deberta-v2'): pytest.skip('deberta-v2 is not in the installed transformers')
    model = AutoModelForMaskedLM.from_config(small_config('deberta-v2', legacy=False))
    with pytest.raises(ValueError, match='legacy=True'): Encoder(model)
