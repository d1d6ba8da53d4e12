"The plan of the house: a notebook imports only lower-numbered ones, and what must be light to import is."
import ast, re, subprocess, sys

import pytest
from conftest import root

HEADER = re.compile(r'File to edit: (?:\.\./)+nbs/(\d\d)_([\w.]+)\.ipynb')

def made_from_notebooks(lib):
    "{full module name: number of its notebook} of the modules below folder `lib`."
    found = {}
    for f in lib.rglob('*.py'):
        m = HEADER.search(f.read_text(encoding='utf-8'))
        if m: found['.'.join(f.relative_to(lib.parent).with_suffix('').parts)] = int(m[1])
    return found

NUMBER = made_from_notebooks(root/'minimodel_nb')
ROOMS = list(dict.fromkeys(m.split('.')[1] for m in sorted(NUMBER, key=NUMBER.get)))

def imports(module, source):
    "Full names that `source`, the text of `module`, imports, inside functions too."
    package = module.split('.')[:-1]
    for n in ast.walk(ast.parse(source)):
        if isinstance(n, ast.Import): yield from (a.name for a in n.names)
        elif isinstance(n, ast.ImportFrom):
            start = package[:len(package)-n.level+1] if n.level else []
            base = '.'.join(filter(None, [*start, n.module]))
            yield from (f'{base}.{a.name}' for a in n.names)

def upward(module, source, number):
    "Modules from notebooks that do not stand below that of `module`, among those that its text imports."
    names = list(imports(module, source))
    used = {m for m in number if m != module and any(i == m or i.startswith(f'{m}.') for i in names)}
    return {m for m in used if number[m] >= number[module]}

def text_of(module): return (root/f"{module.replace('.', '/')}.py").read_text(encoding='utf-8')

def test_numbers_are_used_once():
    taken = [f.name[:2] for f in (root/'nbs').glob('[0-9][0-9]_*.ipynb')]
    assert len(taken) == len(set(taken)) > 50

@pytest.mark.parametrize('module', sorted(NUMBER, key=NUMBER.get))
def test_imports_only_lower_numbers(module):
    assert upward(module, text_of(module), NUMBER) == set()

PLANTED = ['from ..show.theme import figure', 'from minimodel_nb.show.theme import figure', 'from ..show import theme',
           'import minimodel_nb.show.theme', 'def f():\n    from ..show.theme import figure', 'from .adapt import adapt']

@pytest.mark.parametrize('line', PLANTED)
def test_a_planted_upward_import_is_caught(line):
    low = 'minimodel_nb.steps.pretrain' if '.adapt' in line else 'minimodel_nb.core.files'
    number = NUMBER | {low: 1}
    assert upward(low, f'{text_of("minimodel_nb.core.files")}\n{line}\n', number)

def test_rooms_stand_one_behind_the_other():
    order = [m.split('.')[1] for m in sorted(NUMBER, key=NUMBER.get)]
    assert [r for i,r in enumerate(order) if i == 0 or order[i-1] != r] == ROOMS

@pytest.mark.parametrize('module', sorted(m for m in NUMBER if ROOMS.index(m.split('.')[1]) < ROOMS.index('show')))
def test_no_plotting_below_show(module):
    assert {i.split('.')[0] for i in imports(module, text_of(module))} & {'plotly', 'ipywidgets', 'anywidget'} == set()

LIGHT = [m.removeprefix('minimodel_nb.') for m in NUMBER if m.split('.')[1] in ('core', 'runs')]

@pytest.mark.parametrize('module,heavy', [*((m, 'torch transformers datasets plotly ipywidgets') for m in LIGHT),
                                          ('cost.flops', 'torch transformers datasets'), ('align.spaces', 'transformers datasets'),
                                          ('show.figures', 'torch transformers datasets')])
def test_imports_without_a_model_in_sight(module, heavy):
    code = f"import sys, minimodel_nb.{module}; sys.exit(', '.join(sorted(set({heavy.split()}) & set(sys.modules))))"
    r = subprocess.run([sys.executable, '-c', code], cwd=root, text=True, capture_output=True)
    assert r.stderr.strip() == ''
