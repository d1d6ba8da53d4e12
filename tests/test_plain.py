"What leaves the library works where the library is not installed."
import subprocess, sys

import torch
from transformers import AutoModelForMaskedLM, ModernBertConfig

from minimodel_nb.text.corpus import tiny_world
from minimodel_nb.model.encoder import lineage
from minimodel_nb.model.joint import JointModel, minijoint
from minimodel_nb.model.pack import LanguagePack, plug
from minimodel_nb.text.tokens import train_tokenizer

PLAIN = '''
import sys
sys.modules['minimodel_nb'] = None # importing it fails
from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline
folder,text = sys.argv[1:]
model,tok = AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
logits = model.eval()(**tok(text, return_tensors='pt')).logits
best = pipeline('fill-mask', folder)(f'{text} {tok.mask_token}')
assert len(best) == 5 and all(b['token_str'] for b in best)
print(logits.shape[-1], model.config.num_hidden_layers, logits.double().sum().item())
'''

def plain(folder, text):
    r = subprocess.run([sys.executable, '-c', PLAIN, str(folder), text], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, r.stderr
    return r.stdout.split()

def test_mini_and_plugged(tmp_path):
    world = tiny_world()
    tok = {l: train_tokenizer(world.corpora[l], 150) for l in ('aa', 'bb')}
    torch.manual_seed(0)
    cfg = ModernBertConfig(
        vocab_size=150, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2)
    joint = JointModel(AutoModelForMaskedLM.from_config(cfg), exits=(1,)).eval()
    pack = LanguagePack('bb', tok['bb'], torch.randn(150, 32), torch.randn(150), lineage(joint.primary))
    for name,lang,model in (('mini', 'aa', minijoint(joint, 1)), ('plugged', 'bb', plug(joint.primary, pack))):
        model.save_pretrained(tmp_path/name)
        tok[lang].save_pretrained(tmp_path/name)
        text = world.labelled[0][lang]
        v,l,total = plain(tmp_path/name, text)
        assert (int(v), int(l)) == (150, model.config.num_hidden_layers)
        with torch.no_grad(): logits = model(**tok[lang](text, return_tensors='pt')).logits
        assert abs(logits.double().sum().item() - float(total)) < 1e-2
