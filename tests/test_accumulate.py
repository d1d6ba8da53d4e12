"A tagging run whose updates are computed in parts is the run in one: parts weigh what they predict."
import json

import pytest, torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoModelForMaskedLM, BertConfig, PreTrainedTokenizerFast

from minimodel_nb.model.rows import Example
from minimodel_nb.steps.finetune import finetune
from minimodel_nb.tasks.tagging import tag_metrics, tagging
from minimodel_nb.tasks.task import Task

def tokenizer():
    pieces = ['<s>', '<pad>', '</s>', '<unk>', '<mask>', *'abcdefgh']
    core = Tokenizer(models.WordLevel({w: i for i,w in enumerate(pieces)}, unk_token='<unk>'))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.TemplateProcessing('<s> $A </s>', None, [('<s>', 0), ('</s>', 2)])
    names = dict(cls_token='<s>', pad_token='<pad>', sep_token='</s>', unk_token='<unk>', mask_token='<mask>')
    return PreTrainedTokenizerFast(tokenizer_object=core, **names)

def sentence(i):
    "One word, or about twenty: parts of a batch predict very different numbers of tags."
    words = ['abcdefgh'[(i*7 + k*k) % 8] for k in range(1 if i % 4 else 24 - i % 7)]
    return Example(str(i), ' '.join(words), label=['abcdefgh'.index(w) % 2 for w in words])

def run(folder, accumulate):
    "Losses of every update, and the weights afterwards."
    torch.manual_seed(0)
    cfg = BertConfig(vocab_size=13, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=1, hidden_dropout_prob=0., attention_probs_dropout_prob=0.)
    labels = ('even', 'odd')
    task = Task('parity', tagging, lambda lang, split: [sentence(i) for i in range(64)], labels, tag_metrics(labels),
        splits=('train', 'test'), epochs=3, batch=16)
    model = finetune(AutoModelForMaskedLM.from_config(cfg), tokenizer(), task, device='cpu', accumulate=accumulate,
        out=folder, bf16=False, log_every=1, eval_every=0, lr=1e-3)
    curve = json.loads((folder/'record.json').read_text())['curve']
    return [p['loss'] for p in curve if 'loss' in p], {n: p.detach() for n,p in model.named_parameters()}

@pytest.mark.parametrize('accumulate', [4, 16])
def test_parts(tmp_path, accumulate):
    (losses,whole),(others,parts) = run(tmp_path/'one', 1),run(tmp_path/'parts', accumulate)
    assert len(losses) == 12
    torch.testing.assert_close(torch.tensor(others), torch.tensor(losses), atol=1e-5, rtol=0)
    for n in whole: torch.testing.assert_close(parts[n], whole[n], atol=1e-4, rtol=0, msg=n)
