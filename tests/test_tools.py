"The maker of the test files, on notebooks that try to break it; and the maker of README.md."
import json, shutil, subprocess, sys

import pytest
from conftest import root

sys.path.insert(0, str(root/'tools'))
import nb2readme, nb2tests

def notebook(path, *cells):
    "A notebook at `path`; cells that start with # and a space, or with ---, are Markdown."
    cells = [dict(cell_type='markdown', source=c) if c.startswith(('# ', '---')) else dict(cell_type='code', id=f'c{i}', source=c, outputs=[])
             for i,c in enumerate(cells)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(cells=cells)))
    return path

@pytest.fixture
def project(tmp_path):
    "A project of one module, `lib.m`, with a private helper."
    (tmp_path/'settings.ini').write_text('[DEFAULT]\nlib_name = lib\ntst_flags = slow cuda\n')
    for d in ('lib', 'tests', 'nbs'): (tmp_path/d).mkdir()
    (tmp_path/'lib/__init__.py').touch()
    (tmp_path/'lib/m.py').write_text("__all__ = ['double']\ndef _half(x): return x/2\ndef double(x): return 2*x\n")
    shutil.copy(root/'tests/conftest.py', tmp_path/'tests')
    return tmp_path

EXPORTED = '#| default_exp m', '#| export\ndef _half(x): return x/2\ndef double(x): return 2*x', 'from fastcore.test import *'

def pytest_in(project, *args):
    r = subprocess.run([sys.executable, '-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider', *args], cwd=project, text=True, capture_output=True)
    return r.stdout

def test_namespace_is_shared_and_a_test_can_run_alone(project):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, '# First things: a start', 'x = 1\ndef twice(v): return v+v', 'test_eq(twice(x), 2)\ny = double(x)', 'x = x+1',
             '# Then', 'test_eq((x, y, _half(y)), (2, 2, 1))', '# And', 'assert open("here.txt").read() == "in nbs"')
    (project/'nbs/here.txt').write_text('in nbs')
    assert nb2tests.main(['--root', str(project)]) == 0
    assert 'from lib.m import _half, double\n' in (project/'tests/test_07_m.py').read_text()
    assert '3 passed' in pytest_in(project)
    assert '1 passed, 2 deselected' in pytest_in(project, '-k', 'test_then')

def test_a_failure_names_the_cell(project):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, '# Twice as much', 'test_eq(double(2), 5)')
    nb2tests.main(['--root', str(project)])
    said = pytest_in(project)
    assert 'test_twice_as_much' in said and 'nbs/07_m.ipynb #c4' in said and '1 failed' in said

def test_flags_become_marks(project):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, '# Flags', '#| slow\nz = 1', 'test_eq(1, 1)', '#| slow\n#| cuda\nassert False', '#| eval: false\nassert False', '#| slow\nassert z == 1')
    nb2tests.main(['--root', str(project)])
    said = pytest_in(project)
    assert '1 passed, 2 skipped' in said and 'slow: run with --slow' in said
    assert '2 passed' in pytest_in(project, '--slow', '-m', 'not cuda') # z, a slow cell without a test, has run

@pytest.mark.parametrize('src', ['s = """a\n  b\n"""\nassert s == "a\\n  b\\n"', "n = 3\nassert f'''x\n{n\n}\n y''' == 'x\\n3\\n y'", 'if True:\n    s = r"""\n"""\n    assert s == "\\n"'])
def test_strings_keep_their_lines(tmp_path, src):
    ns = {}
    exec(nb2tests.test_source(notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '#| export\nx = 1', src), 'os'), ns)
    next(f for k,f in ns.items() if k.startswith('test_'))()

@pytest.mark.parametrize('src,why', [('%time f()\nassert x', 'is IPython'), ('!ls\nassert x', 'is IPython'), ('y = !ls\nassert y', 'is IPython'), ('f(\nassert x', 'line 1'),
                                     ('assert get_ipython()', 'no shell'), ('if x:\n    from os import *\nassert x', 'cell of imports only')])
def test_what_is_not_python_is_refused(project, capsys, src, why):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, src)
    assert nb2tests.main(['--root', str(project)]) == 1
    said = capsys.readouterr().err
    assert 'nbs/07_m.ipynb #c3' in said and why in said
    assert not list((project/'tests').glob('test_*'))

def test_await_and_display(tmp_path):
    nb = notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '#| export\nx = 1', 'async def f(): return 3', 'r = await f()\ndisplay(r)\nassert r == 3', 'assert r == 3')
    ns = {}
    exec(nb2tests.test_source(nb, 'os'), ns)
    ns['test_cell'](), ns['test_cell_2']()

def test_headings(tmp_path):
    nb = notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '# Größe & Maß\n```\n# no heading\n```', 'assert 1', 'assert 2', '---\nskip')
    src = nb2tests.test_source(nb, 'os')
    assert 'def test_gr_e_ma():' in src and 'def test_gr_e_ma_2():' in src

def test_check_names_what_is_out_of_date(project, capsys):
    nb = notebook(project/'nbs/07_m.ipynb', *EXPORTED, 'test_eq(double(2), 4)')
    main = lambda *a: nb2tests.main(['--root', str(project), *a])
    assert main() == 0 and main('--check') == 0
    capsys.readouterr()
    notebook(nb, *EXPORTED, 'test_eq(double(3), 6)')
    assert main('--check') == 1 and 'test_07_m.py is out of date' in capsys.readouterr().out
    nb.rename(project/'nbs/08_m.ipynb')
    (project/'tests/test_99_mine.py').write_text('# by hand')
    assert main('--check') == 1 and main() == 0
    assert sorted(f.name for f in (project/'tests').glob('test_*')) == ['test_08_m.py', 'test_99_mine.py']

def test_readme():
    out = lambda **kw: dict(output_type='execute_result', data=kw)
    code = lambda src, *outs: dict(cell_type='code', source=src, outputs=list(outs))
    md = nb2readme.readme(dict(cells=[dict(cell_type='markdown', source='# A\n'), code('#| hide\nsecret'), code('#| eval: false\nx = 1 # kept'),
                                      code('1+1', out(**{'text/plain': '2'})), code('#| echo: false\nt', out(**{'text/markdown': '| a |', 'text/plain': 'no'}))]))
    assert md == nb2readme.HEAD + '\n\n# A\n\n```python\nx = 1 # kept\n```\n\n```python\n1+1\n```\n\n```\n2\n```\n\n| a |\n'
    with pytest.raises(ValueError, match='image/png'): nb2readme.readme(dict(cells=[code('p', out(**{'image/png': '..'}))]))
    with pytest.raises(ValueError, match='run nbs/index.ipynb again'): nb2readme.readme(dict(cells=[code('p', dict(output_type='error', ename='E'))]))
