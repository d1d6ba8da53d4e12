"What `import minimodel_nb` and the command line offer, and what they leave unloaded until it is used."
import os, subprocess, sys
from importlib import import_module
from pathlib import Path

import pytest
from conftest import root

import minimodel_nb as mm

HEAVY = {'torch', 'transformers', 'datasets', 'plotly', 'ipywidgets'}

def loaded(code, heavy=HEAVY):
    "Those of `heavy` that a new process has loaded after `code`."
    end = f"\nimport sys; print('loaded:', *sorted({heavy} & {{*sys.modules}}))"
    r = subprocess.run([sys.executable, '-c', code+end], cwd=root, text=True, capture_output=True)
    assert r.returncode == 0, r.stderr
    return {*r.stdout.rpartition('loaded:')[2].split()}

@pytest.mark.parametrize('name', mm.__all__)
def test_a_name_is_what_its_module_offers(name):
    module,there = mm._where[name]
    home = import_module(f'minimodel_nb.{module}')
    assert getattr(mm, name) is getattr(home, there)
    assert there in home.__all__ # so it has a page in the docs

def test_no_name_is_a_room_or_module(): # a module, once loaded, would stand in the name's place
    below = {p.stem for p in (root/'minimodel_nb').iterdir()}
    assert below >= {'core', 'runs', 'cost', 'text', 'model', 'train', 'align', 'tasks', 'steps', 'show', 'lab', 'cli', 'models'}
    assert {*mm.__all__} & below == set()
    assert len(mm.__all__) == len({*mm.__all__})

def test_the_import_is_light():
    assert loaded("import minimodel_nb as mm; assert mm.__version__ and 'adapt' in dir(mm)") == set()

def test_a_light_name_stays_light():
    assert loaded("import minimodel_nb as mm; mm.RunRecord; mm.TrainSettings; mm.plan") & {'torch', 'transformers'} == set()

def test_star_gives_the_same_names():
    names = {}
    exec('from minimodel_nb import *', names)
    assert names.keys() - {'__builtins__'} == {*mm.__all__}

def test_an_unknown_name():
    with pytest.raises(AttributeError, match='no attribute'): mm.nothing
    with pytest.raises(ImportError): exec('from minimodel_nb import nothing')

@pytest.mark.parametrize('words', [['--help'], ['adapt', '--help'], ['finetune', '--help']])
def test_help_is_light(words):
    code = f"from minimodel_nb.cli.main import main\ntry: main({words})\nexcept SystemExit as e: assert e.code == 0"
    assert loaded(code) == set()

def test_a_mistake_is_light():
    code = "from minimodel_nb.cli.main import main\ntry: main(['adapt'])\nexcept SystemExit as e: assert e.code == 2"
    assert loaded(code) == set()

def test_torchrun(tmp_path):
    from minimodel_nb.cli.main import main
    from minimodel_nb.text.corpus import tiny_world
    for lang,corpus in tiny_world().corpora.items(): (tmp_path/f'{lang}.txt').write_text('\n'.join(corpus.docs))
    def words(line): return line.replace('@', f'{tmp_path}/').split()
    how = '--vocab 150 --length 32 --batch 8 --steps 4 --no-bf16 --device cpu'
    assert main(words(f'pretrain --text @aa.txt --lang aa --layers 2 --width 32 --out @aa {how}')) == 0
    torchrun = [Path(sys.executable).with_name('torchrun'), '--standalone', '--nproc-per-node', '2', '-m', 'minimodel_nb']
    adapt = words(f'adapt @aa --text @bb.txt --lang bb --source aa --out @bb {how}')
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(root)}
    r = subprocess.run([*torchrun, *adapt], cwd=tmp_path, env=env, text=True, capture_output=True, timeout=300)
    assert r.returncode == 0, r.stderr
    record = mm.RunRecord.load(tmp_path/'bb'/'record.json')
    assert record.result['tokens'] == 4*8*32
    assert mm.LanguagePack.load(tmp_path/'bb').lang == 'bb'
