"""Name the files made from the notebooks that are out of date, and exit 1; everything is made anew in a copy of the project.

    python tools/check.py           modules, clean notebooks, test files, README.md, nbs/nbdev.yml
    python tools/check.py --docs    also what nbdev hands to Quarto: it runs the imports and exported cells of every notebook and draws signatures

Needs no git. nbdev's own commands do the work, in processes of their own.
"""
import argparse, ast, filecmp, os, shutil, subprocess, sys, tempfile
from pathlib import Path

from nb2tests import read_cells

PARTS = ('settings.ini', 'setup.py', 'pyproject.toml', '_quarto.yml', 'README.md', 'nbs', 'minimodel_nb', 'tests', 'tools')
SKIP = shutil.ignore_patterns('__pycache__', '.*', 'sidebar.yml')

def copy(a, b):
    "The parts of project `a` that the commands read or write, to folder `b`."
    b.mkdir(parents=True)
    for name in PARTS:
        if (a/name).is_dir(): shutil.copytree(a/name, b/name, symlinks=True, ignore=SKIP)
        elif (a/name).exists(): shutil.copy2(a/name, b/name)

def files(root):
    "All files of those parts, relative to `root`."
    every = [f.relative_to(root) for name in PARTS for f in ([root/name] if (root/name).is_file() else (root/name).rglob('*')) if f.is_file()]
    return {f for f in every if not SKIP('', f.parts)}

def differences(a, b): return sorted(f for f in files(a) | files(b) if not ((a/f).exists() and (b/f).exists() and filecmp.cmp(a/f, b/f, shallow=False)))

def run(folder, *args):
    "Run Python with `args` in `folder`, quietly unless it fails; returns what it printed."
    env = {k:v for k,v in os.environ.items() if k != 'IN_TEST'} # nbdev_export does nothing where this is set
    env.update(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE='1')
    r = subprocess.run([sys.executable, *args], cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if r.returncode: raise SystemExit(f"{r.stdout}\nfailed, with {r.returncode}: python {' '.join(args)}")
    return r.stdout

def mixed(path):
    "Cells of notebook `path` that the docs build would run although they are no mere imports."
    cells = [c for c in read_cells(path, f'nbs/{path.name}') if c.module is None]
    return [c.where for c in cells if not c.only_imports and any(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.walk(c.tree))]

EXPORT = "from nbdev.doclinks import nbdev_export; nbdev_export.__wrapped__()"
CLEAN = "from nbdev.clean import nbdev_clean; nbdev_clean.__wrapped__()"
QUARTO = "from nbdev.quarto import refresh_quarto_yml; refresh_quarto_yml()"
DOCS = """
from nbdev.serve import proc_nbs
if __name__ == '__main__': proc_nbs(force=True)
"""

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--docs', action='store_true', help='also process every notebook for the docs')
    a = p.parse_args()
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix='minimodel_check_') as d:
        made, again = Path(d)/'made'/root.name, Path(d)/'again'/root.name
        copy(root, made)
        for f in (made/'minimodel_nb').rglob('[!_]*.py'): f.unlink() # so that a module without its notebook shows
        for code in (EXPORT, CLEAN, QUARTO): run(made, '-c', code)
        for tool in ('nb2tests', 'nb2readme'): run(made, f'tools/{tool}.py')
        copy(made, again)
        for code in (EXPORT, CLEAN): run(again, '-c', code)
        stale, unstable = differences(root, made), differences(made, again)
        for f in stale: print(f"{f} is out of date: run `make prepare`" if (made/f).exists() else f"{f} comes from no notebook: delete it")
        for f in unstable: print(f"{f} changes each time it is made")
        found = [w for nb in sorted((root/'nbs').glob('[0-9][0-9]_*.ipynb')) for w in mixed(nb)] if a.docs else []
        for w in found: print(f"{w} mixes imports with work, so the docs build would run it: give the imports a cell of their own")
        if a.docs and not found:
            (again/'docs.py').write_text(DOCS, encoding='utf-8')
            run(again, 'docs.py')
            print(f"{len(list((again/'_proc').rglob('*.ipynb')))} notebooks processed for the docs.")
    if not (stale or unstable): print("Modules, notebooks, test files and README.md are up to date.")
    return int(bool(stale or unstable or found))

if __name__ == '__main__': sys.exit(main())
