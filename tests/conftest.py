"""What every test runs under: no network, a cache of its own, and a notebook's cells in the notebook's order.

Files named test_NN_*.py are made from the notebooks by tools/nb2tests.py; the others are written by hand.
"""
import inspect, os, tempfile
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[1]

def pytest_addoption(parser):
    parser.addoption('--slow', action='store_true', help="also run tests marked slow: they take minutes, or read the verse text")

def pytest_configure(config):
    config.addinivalue_line('markers', "slow: takes minutes or reads the verse text; runs with --slow")
    config.addinivalue_line('markers', "cuda: needs a GPU")
    os.environ.update(TOKENIZERS_PARALLELISM='false')
    for k in ('HF_HUB_OFFLINE', 'HF_DATASETS_OFFLINE'): os.environ.setdefault(k, '1')
    if config.getoption('--slow'): return
    config.cache_folder = tempfile.TemporaryDirectory(prefix='minimodel_test_')
    os.environ.update(MINIMODEL_CACHE=config.cache_folder.name, HF_DATASETS_CACHE=f'{config.cache_folder.name}/datasets')

def pytest_unconfigure(config):
    if hasattr(config, 'cache_folder'): config.cache_folder.cleanup()

def _why_not(config, marks):
    "Why something with these `marks` is not run here, '' if it is."
    if 'slow' in marks and not config.getoption('--slow'): return "slow: run with --slow, or `make test-all`"
    if 'cuda' in marks:
        import torch
        if not torch.cuda.is_available(): return "cuda: no GPU here"
    return ''

def pytest_collection_modifyitems(config, items):
    for item in items:
        if why := _why_not(config, {m.name for m in item.iter_markers()}): item.add_marker(pytest.mark.skip(reason=why))

def pytest_pycollect_makeitem(collector, name, obj):
    "Leave out what a test file imports: `test_eq` and its kin are tools, not tests."
    module = collector.getparent(pytest.Module)
    if inspect.isfunction(obj) and module and obj.__module__ != module.obj.__name__: return []

_cells = {} # test module -> its functions in order, and those that have run

@pytest.fixture(autouse=True)
def notebook_cells(request, monkeypatch):
    "In a file made from a notebook, run the cells above this one first if they have not run, from the notebook's folder."
    module = request.module
    if not hasattr(module, '__notebook__'): return
    monkeypatch.chdir((root/module.__notebook__).parent)
    if module not in _cells: _cells[module] = ([f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__], set())
    cells, ran = _cells[module]
    for f in cells[:cells.index(request.function)]:
        if f in ran or _why_not(request.config, {m.name for m in getattr(f, 'pytestmark', ())}): continue
        ran.add(f)
        f()
    ran.add(request.function)
