"""Name the files made from the notebooks that are out of date, and what breaks the project's style, and exit 1.

    python tools/check.py           modules, clean notebooks, test files, README.md, nbs/nbdev.yml; and tools/style.py
    python tools/check.py --docs    also what nbdev hands to Quarto: it runs the imports and exported cells of every
                                    notebook and draws signatures

Everything is made anew in a copy of the project. Needs no git. nbdev's own commands do the work, in processes of
their own.
"""
import argparse, ast, filecmp, os, shutil, subprocess, sys, tempfile
from pathlib import Path

import style
from nb2tests import read_cells

LIB = 'minimodel_nb'
PARTS = ('settings.ini', 'setup.py', 'pyproject.toml', '_quarto.yml', 'README.md', 'nbs', LIB, 'tests', 'tools')
KEPT = ('__init__.py', '_modidx.py') # of a package: the one is written by hand, the other by nbdev
SKIP = shutil.ignore_patterns('__pycache__', '.*')

def copy(a, b):
    "The parts of project `a` that the commands read or write, to folder `b`."
    b.mkdir(parents=True)
    for name in PARTS:
        if (a/name).is_dir(): shutil.copytree(a/name, b/name, symlinks=True, ignore=SKIP)
        elif (a/name).exists(): shutil.copy2(a/name, b/name)

def files(root):
    "All files of those parts, relative to `root`."
    parts = [root/name for name in PARTS]
    every = [p for p in parts if p.is_file()] + [f for p in parts for f in p.rglob('*') if f.is_file()]
    return {f for f in (p.relative_to(root) for p in every) if not SKIP('', f.parts)}

def is_same(a, b): return a.exists() and b.exists() and filecmp.cmp(a, b, shallow=False)

def differences(a, b): return sorted(f for f in files(a) | files(b) if not is_same(a/f, b/f))

def run(folder, *args):
    "Run Python with `args` in `folder`, quietly unless it fails; returns what it printed."
    env = {k:v for k,v in os.environ.items() if k != 'IN_TEST'} # nbdev_export does nothing where this is set
    env.update(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE='1')
    both = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    r = subprocess.run([sys.executable, *args], cwd=folder, env=env, text=True, **both)
    if r.returncode: raise SystemExit(f"{r.stdout}\nfailed, with {r.returncode}: python {' '.join(args)}")
    return r.stdout

def imports(tree): return any(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.walk(tree))

def mixed(path):
    "Cells of notebook `path` that the docs build would run although they are no mere imports."
    cells = [c for c in read_cells(path, f'nbs/{path.name}') if c.module is None]
    return [c.where for c in cells if not c.only_imports and imports(c.tree)]

def rooms_that_define(lib):
    "The __init__.py of rooms, folders in `lib`, that hold more than a docstring: no notebook tells of it."
    def is_mute(tree): return len(tree.body) == int(ast.get_docstring(tree) is not None)
    inits = sorted(lib.rglob('*/__init__.py'))
    return [f.relative_to(lib.parent) for f in inits if not is_mute(ast.parse(f.read_text(encoding='utf-8')))]

def without_exports(lib):
    "Delete the modules in `lib`, so that one without its notebook shows once the others are made anew."
    for f in lib.rglob('*.py'):
        if f.name not in KEPT: f.unlink()

EXPORT = "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()"
CLEAN = "from nbdev.clean import nbdev_clean; nbdev_clean.__wrapped__()"
QUARTO = "from nbdev.quarto import refresh_quarto_yml; refresh_quarto_yml()"
DOCS = """
from nbdev.serve import proc_nbs
if __name__ == '__main__': proc_nbs(force=True)
"""

def made_anew(root, docs):
    "Lines that say which files of `root` are out of date, change each time, or cannot become docs."
    with tempfile.TemporaryDirectory(prefix='minimodel_check_') as d:
        made, again = Path(d)/'made'/root.name, Path(d)/'again'/root.name
        copy(root, made)
        without_exports(made/LIB)
        for code in (EXPORT, CLEAN, QUARTO): run(made, '-c', code)
        for tool in ('nb2tests', 'nb2readme', 'nb2sidebar'): run(made, f'tools/{tool}.py')
        copy(made, again)
        for code in (EXPORT, CLEAN): run(again, '-c', code)
        for f in differences(root, made):
            what = 'is out of date: run `make prepare`' if (made/f).exists() else 'comes from no notebook: delete it'
            yield f"{f} {what}"
        for f in differences(made, again): yield f"{f} changes each time it is made"
        if docs: yield from docs_of(root, again)

def docs_of(root, again):
    "Lines that say what the docs build would trip over; it is done in `again` if there is nothing."
    found = [where for nb in sorted((root/'nbs').glob('[0-9][0-9]_*.ipynb')) for where in mixed(nb)]
    for where in found:
        yield f"{where} mixes imports with work, so the docs build would run it: give the imports a cell of their own"
    if found: return
    (again/'docs.py').write_text(DOCS, encoding='utf-8')
    run(again, 'docs.py')
    print(f"{len(list((again/'_proc').rglob('*.ipynb')))} notebooks processed for the docs.")

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--docs', action='store_true', help='also process every notebook for the docs')
    a = p.parse_args()
    root = Path(__file__).resolve().parents[1]
    said = 'defines something: let a notebook export it, and leave a docstring here'
    found = [f"{f} {said}" for f in rooms_that_define(root/LIB)]
    found += made_anew(root, a.docs)
    if not found: print("Modules, notebooks, test files and README.md are up to date.")
    found += style.check(root)
    for line in found: print(line)
    return int(bool(found))

if __name__ == '__main__': sys.exit(main())
