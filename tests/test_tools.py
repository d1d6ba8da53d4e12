"The makers of the test files and of README.md, on notebooks that try to break them; the checks, on planted faults."
import json, shutil, subprocess, sys

import pytest
from conftest import root

sys.path.insert(0, str(root/'tools'))
import check, nb2readme, nb2tests, style

def notebook(path, *cells):
    "A notebook at `path`; cells that start with # and a space, or with ---, are Markdown."
    def cell(i, text):
        if text.startswith(('# ', '---')): return dict(cell_type='markdown', source=text)
        return dict(cell_type='code', id=f'c{i}', source=text, outputs=[])
    cells = [cell(i, text) for i,text in enumerate(cells)]
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

MODULE = '#| export\ndef _half(x): return x/2\ndef double(x): return 2*x'
EXPORTED = '#| default_exp m', MODULE, 'from fastcore.test import *'

def pytest_in(project, *args):
    command = [sys.executable, '-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider', *args]
    return subprocess.run(command, cwd=project, text=True, capture_output=True).stdout

def test_namespace_is_shared_and_a_test_can_run_alone(project):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, '# First things: a start', 'x = 1\ndef twice(v): return v+v',
             'test_eq(twice(x), 2)\ny = double(x)', 'x = x+1', '# Then',
             'test_eq((x, y, _half(y)), (2, 2, 1))', '# And', 'assert open("here.txt").read() == "in nbs"')
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
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, '# Flags', '#| slow\nz = 1', 'test_eq(1, 1)',
             '#| slow\n#| cuda\nassert False', '#| eval: false\nassert False', '#| slow\nassert z == 1')
    nb2tests.main(['--root', str(project)])
    said = pytest_in(project)
    assert '1 passed, 2 skipped' in said and 'slow: run with --slow' in said
    assert '2 passed' in pytest_in(project, '--slow', '-m', 'not cuda') # z, a slow cell without a test, has run

@pytest.mark.parametrize('src', [
    's = """a\n  b\n"""\nassert s == "a\\n  b\\n"',
    "n = 3\nassert f'''x\n{n\n}\n y''' == 'x\\n3\\n y'",
    'if True:\n    s = r"""\n"""\n    assert s == "\\n"'])
def test_strings_keep_their_lines(tmp_path, src):
    ns = {}
    nb = notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '#| export\nx = 1', src)
    exec(nb2tests.test_source(nb, 'os'), ns)
    next(f for k,f in ns.items() if k.startswith('test_'))()

@pytest.mark.parametrize('src,why', [
    ('%time f()\nassert x', 'is IPython'), ('!ls\nassert x', 'is IPython'), ('y = !ls\nassert y', 'is IPython'),
    ('f(\nassert x', 'line 1'), ('assert get_ipython()', 'no shell'),
    ('if x:\n    from os import *\nassert x', 'cell of imports only')])
def test_what_is_not_python_is_refused(project, capsys, src, why):
    notebook(project/'nbs/07_m.ipynb', *EXPORTED, src)
    assert nb2tests.main(['--root', str(project)]) == 1
    said = capsys.readouterr().err
    assert 'nbs/07_m.ipynb #c3' in said and why in said
    assert not list((project/'tests').glob('test_*'))

def test_await_and_display(tmp_path):
    nb = notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '#| export\nx = 1', 'async def f(): return 3',
                  'r = await f()\ndisplay(r)\nassert r == 3', 'assert r == 3')
    ns = {}
    exec(nb2tests.test_source(nb, 'os'), ns)
    ns['test_cell'](), ns['test_cell_2']()

def test_headings(tmp_path):
    nb = notebook(tmp_path/'nbs/00_m.ipynb', '#| default_exp path', '# Größe & Maß\n```\n# no heading\n```', 'assert 1',
                  'assert 2', '---\nskip')
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
    def out(**data): return dict(output_type='execute_result', data=data)
    def code(src, *outs): return dict(cell_type='code', source=src, outputs=list(outs))
    def readme(*cells): return nb2readme.readme(dict(cells=cells))
    table = out(**{'text/markdown': '| a |', 'text/plain': 'no'})
    md = readme(dict(cell_type='markdown', source='# A\n'), code('#| hide\nsecret'),
                code('#| eval: false\nx = 1 # kept'), code('1+1', out(**{'text/plain': '2'})),
                code('#| echo: false\nt', table))
    want = ['# A', '```python\nx = 1 # kept\n```', '```python\n1+1\n```', '```\n2\n```', '| a |\n']
    assert md == '\n\n'.join([nb2readme.HEAD, *want])
    with pytest.raises(ValueError, match='image/png'): readme(code('p', out(**{'image/png': '..'})))
    failed = code('p', dict(output_type='error', ename='E'))
    with pytest.raises(ValueError, match='run nbs/index.ipynb again'): readme(failed)

def wide(n): return f"x = '{'.'*(n-6)}'"

def planted(project, *cells):
    "What the style check says of a notebook with these cells beside a thousand lines that are fine."
    (project/'tests/conftest.py').unlink()
    notebook(project/'nbs/07_m.ipynb', '#| default_exp m', '\n'.join(['y = 1']*1000), *cells)
    return style.check(project)

def test_style_is_content_with_what_is_fine(project):
    eight = 'a, b, c, d, e, f, g, h'
    assert planted(project, f'#| export\nclass A(B):\n    def f(self, {eight}): pass', f'#| export\n{wide(130)}',
                   '#| export\ndef f(x, **kwargs):\n    for i in x: g(i, **kwargs)',
                   '#| export\nfrom minimodel_nb.m import __version__', '\n'.join(['y = 1']*70)) == []

@pytest.mark.parametrize('fault,said', [
    (f'#| export\n{wide(150)}', '#c2 line 1: 150 columns, at most 140'),
    (wide(150), '#c2 line 1: 150 columns, at most 140'),
    ('#| export\n' + '\n'.join(['y = 1']*70), '#c2 line 1: an export cell of 70 lines, at most 60'),
    ('#| export\n\ndef f(a, b, c, d, e, g, h, i, *, j): pass', '#c2 line 1: f has 9 parameters, at most 8'),
    ('#| export\nclass A:\n    def f(self, a, b, c, d, e, g, h, i, j): pass', '#c2 line 2: f has 9 parameters'),
    ('#| export\ndef f(a, b, c, d, e, g, h, *i, **j): A.f(**j)', '#c2 line 1: f has 9 parameters'),
    ('#| export\ndef f(**kwargs): return kwargs', '#c2 line 1: f takes **kwargs and does not just hand them on'),
    ('#| export\ndef f(**kwargs): return g(**kwargs) or h(**kwargs)', 'f takes **kwargs'),
    ('#| export\ndef f(**kwargs): return g(**kwargs | dict(a=1)) if kwargs else 1', 'f takes **kwargs'),
    ('#| export\nfrom minimodel_nb.steps.adapt import adapt, _part', 'imports _part of minimodel_nb.steps.adapt'),
    ('from minimodel_nb.steps.adapt import _part', 'imports _part of minimodel_nb.steps.adapt')])
def test_style_names_a_planted_fault(project, fault, said):
    found = planted(project, fault)
    assert len(found) == 1 and said in found[0] and found[0].startswith('nbs/07_m.ipynb #c2')

def test_style_counts_wide_lines(project):
    found = planted(project, '\n'.join([wide(130)]*40))
    assert len(found) == 41 and found[0] == 'nbs/07_m.ipynb #c2 line 1: 130 columns, at most 120'
    assert found[-1].startswith('40 of 1040 lines, 3.8%')

def test_style_reads_what_is_written_by_hand(project):
    (project/'tests/test_mine.py').write_text(f"HEAD = '# AUTOGENERATED!'\n{wide(150)}\n")
    (project/'tests/test_07_m.py').write_text(f'"Tests"\n\n# AUTOGENERATED! DO NOT EDIT!\n{wide(150)}\n')
    assert planted(project) == ['tests/test_mine.py line 2: 150 columns, at most 140']
    assert style.check(project, ['nbs']) == []

def test_a_room_that_defines_something_is_named(project):
    inits = dict(fine='"A room."\n', empty='', names='"A room."\nfrom .m import double\n', sets='x = 1\n')
    for room,text in inits.items():
        (project/'lib'/room).mkdir()
        (project/'lib'/room/'__init__.py').write_text(text)
    (project/'lib/__init__.py').write_text('x = 1\n') # the package's own may
    found = [f.as_posix() for f in check.rooms_that_define(project/'lib')]
    assert found == [f'lib/{room}/__init__.py' for room in ('names', 'sets')]

def test_modules_without_a_notebook_show(project):
    (project/'lib/room').mkdir()
    for name in ('__init__', '_aside', 'stray'): (project/f'lib/room/{name}.py').write_text('"?"\n')
    (project/'lib/_modidx.py').touch()
    check.without_exports(project/'lib')
    left = sorted(f.relative_to(project).as_posix() for f in (project/'lib').rglob('*.py'))
    assert left == ['lib/__init__.py', 'lib/_modidx.py', 'lib/room/__init__.py']
