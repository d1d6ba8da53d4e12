"Two processes that share a batch train what one process trains alone, also where rows predict different numbers of tokens."
import socket, subprocess, sys

import pytest, torch
from safetensors.torch import load_file

STEP = '''
import os, sys, torch
from pathlib import Path
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, ModernBertConfig
from minimodel_nb.text.corpus import tiny_world
from minimodel_nb.text.masks import mask_tokens, masking_of
from minimodel_nb.model.encoder import Encoder
from minimodel_nb.text.tokens import pack_blocks, train_tokenizer
from minimodel_nb.train.batches import MaskedLM, Masker, block_stream
from minimodel_nb.train.settings import TrainSettings
from minimodel_nb.train.loop import Place, fit
torch.set_num_threads(1)
aa = tiny_world().corpora['aa']
tok = train_tokenizer(aa, 150)
torch.manual_seed(0)
cfg = ModernBertConfig(
    vocab_size=150, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    max_position_embeddings=64, pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2)
model = AutoModelForMaskedLM.from_config(cfg)
parts = int(sys.argv[2])
s = TrainSettings(steps=8, batch=16, lr=1e-3, p_mask=.3, bf16=False, log_every=1, accumulate=parts)
seen = []
def drawn(batch):
    ids,labels = mask_tokens(batch['input_ids'], batch['key'], p=.05, **masking_of(tok))
    return dict(input_ids=ids, labels=labels)
mask = Masker(tok, s.p_mask) if sys.argv[3] == 'fixed' else drawn
def prepare(batch):
    seen.append(batch['key'])
    return mask(batch)
data = block_stream(pack_blocks(aa, tok, 32), 128, prepare=prepare)
curve = fit(MaskedLM(model), Encoder(model).language(), data, s, place=Place(device='cpu'))
rank = os.environ.get('RANK', 'one')
losses = torch.tensor([p['loss'] for p in curve])
found = dict(weight=Encoder(model).word.weight.detach(), keys=torch.stack(seen).view(8, -1), losses=losses)
save_file(found, f'{sys.argv[1]}/{rank}.safetensors')
'''

@pytest.mark.parametrize('masks,parts', [('fixed', 1), ('drawn', 4)])
def test_two_ranks(tmp_path, masks, parts):
    (tmp_path/'step.py').write_text(STEP)
    def run(parts, *options):
        command = [sys.executable, *options, str(tmp_path/'step.py'), str(tmp_path), str(parts), masks]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    run(1)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    run(parts, '-m', 'torch.distributed.run', '--nproc-per-node=2', '--master-addr=127.0.0.1', f'--master-port={port}')
    one,a,b = (load_file(tmp_path/f'{n}.safetensors') for n in ('one', '0', '1'))
    assert a['keys'].shape == (8, 8)
    for x,y,whole in zip(a['keys'], b['keys'], one['keys']):
        assert sorted([*x.tolist(), *y.tolist()]) == sorted(whole.tolist())
    assert torch.equal(a['weight'], b['weight'])
    torch.testing.assert_close(a['losses'], one['losses'], atol=1e-4, rtol=0)
    torch.testing.assert_close(a['weight'], one['weight'], atol=2e-4, rtol=0)
