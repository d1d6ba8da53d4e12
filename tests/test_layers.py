"The order of the modules: each imports only lower-numbered ones, and what must be light to import is."
import ast, re, subprocess, sys

import pytest
from conftest import root

MODULES = {f.stem: re.search(r'File to edit: \.\./nbs/(.+?)\.ipynb', f.read_text(encoding='utf-8')) for f in (root/'minimodel_nb').glob('[!_]*.py')}
NUMBER = {name: int(m[1][:2]) for name,m in MODULES.items()}

def imports(name):
    "Full names of all modules that module `name` imports, inside functions too."
    for n in ast.walk(ast.parse((root/f'minimodel_nb/{name}.py').read_text(encoding='utf-8'))):
        if isinstance(n, ast.Import): yield from (a.name for a in n.names)
        elif isinstance(n, ast.ImportFrom):
            base = '.'.join(filter(None, ['minimodel_nb' if n.level else '', n.module]))
            yield from (f'{base}.{a.name}' for a in n.names)

@pytest.mark.parametrize('name', sorted(NUMBER, key=NUMBER.get))
def test_imports_only_lower_numbers(name):
    used = {i.split('.')[1] for i in imports(name) if i.startswith('minimodel_nb.')} & set(NUMBER)
    assert {u for u in used if NUMBER[u] >= NUMBER[name]} == set()

@pytest.mark.parametrize('name', sorted(n for n in NUMBER if NUMBER[n] < 56))
def test_no_plotting_below_56(name):
    assert {i.split('.')[0] for i in imports(name)} & {'plotly', 'ipywidgets', 'anywidget'} == set()

@pytest.mark.parametrize('name,heavy', [('core', 'torch transformers datasets'), ('compute', 'transformers datasets'), ('align', 'transformers datasets'),
                                        ('figures', 'torch transformers datasets')])
def test_imports_without_a_model_in_sight(name, heavy):
    if name not in NUMBER: pytest.skip(f"no module {name} yet")
    code = f"import sys, minimodel_nb.{name}; sys.exit(', '.join(sorted(set({heavy.split()}) & set(sys.modules))))"
    r = subprocess.run([sys.executable, '-c', code], cwd=root, text=True, capture_output=True)
    assert r.stderr.strip() == ''
