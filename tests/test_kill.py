"A step whose process is killed goes on from its last checkpoint and ends with the same bits."
import json, os, signal, subprocess, sys, time
from pathlib import Path

import torch
from safetensors.torch import load_file
from minimodel_nb.cost.meters import measured

STEP = '''
import sys
from minimodel_nb.text.corpus import Corpus, tiny_world
from minimodel_nb.model.pack import source_pack
from minimodel_nb.steps.adapt import adapt
from minimodel_nb.text.tokens import train_tokenizer
from minimodel_nb.train.masked_lm import Text
from minimodel_nb.train.settings import TrainSettings
from transformers import AutoModelForMaskedLM, ModernBertConfig
import torch
torch.set_num_threads(1)
world = tiny_world()
a,b = (train_tokenizer(world.corpora[l], 150) for l in ('aa', 'bb'))
torch.manual_seed(0)
cfg = ModernBertConfig(
    vocab_size=150, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    max_position_embeddings=64, embedding_dropout=.1, mlp_dropout=.1,
    pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2)
model = AutoModelForMaskedLM.from_config(cfg).eval()
docs = world.corpora['bb'].docs
text = Text(Corpus('bb', docs[:-20], 'train'), b, 32, Corpus('bb', docs[-20:], 'held'))
s = TrainSettings(steps=60, batch=16, lr=4e-3, p_mask=.3, bf16=False, eval_every=20, save_every=20)
adapt(model, text, source_pack(model, a, 'aa'), s, out=sys.argv[1], device='cpu')
'''

def start(out):
    command = [sys.executable, '-c', STEP, str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

def finish(out):
    p = start(out)
    _,err = p.communicate(timeout=300)
    assert p.returncode == 0, err
    return load_file(out/'pack.safetensors'), json.loads((out/'record.json').read_text())

def test_killed_and_resumed(tmp_path):
    whole,record = finish(tmp_path/'whole')
    out = tmp_path/'killed'
    p = start(out)
    until = time.time()+300
    while not list(Path(f'{out}.work').glob('checkpoints/checkpoint-*/trainer_state.json')):
        assert p.poll() is None, p.stderr.read()
        assert time.time() < until, 'no checkpoint in time'
        time.sleep(.01)
    p.send_signal(signal.SIGKILL)
    p.communicate()
    assert p.returncode == -signal.SIGKILL and not out.exists()
    resumed,again = finish(out)
    for k,t in whole.items(): assert torch.equal(t, resumed[k]), k
    def bare(record): return [{k: v for k,v in p.items() if k not in measured} for p in record['curve']]
    assert bare(record) == bare(again)
    secs = [p['secs'] for p in again['curve']]
    assert secs == sorted(secs) and secs[0] == 0 < secs[-1]
    assert sorted(os.listdir(tmp_path)) == ['killed', 'whole']
