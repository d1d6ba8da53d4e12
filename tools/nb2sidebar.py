"""Write nbs/sidebar.yml: where to start, the tutorials, the rooms in the order of the book, the experiments.

    python tools/nb2sidebar.py            write nbs/sidebar.yml
    python tools/nb2sidebar.py --check    write nothing; exit 1 if it is out of date

Rooms and their order follow from the names of the notebooks, NN_room.module.ipynb; a room's section opens with what its __init__.py says.
Standard library only.
"""
import argparse, ast, sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = '# Made by tools/nb2sidebar.py from the names of the notebooks.'

def room_of(path): return path.name.split('_', 1)[1].split('.')[0]

def section(title, pages):
    "One section of the sidebar."
    lines = [f'      - section: "{title}"', '        contents:']
    return lines + [f'          - {p}' for p in pages]

def described(root, room):
    "A room's name, and what its __init__.py says it holds."
    says = ast.get_docstring(ast.parse((root/f'minimodel_nb/{room}/__init__.py').read_text(encoding='utf-8')))
    return f"{room}: {says.rstrip('.')}"

def sidebar(root=ROOT):
    "The text of nbs/sidebar.yml."
    nbs = root/'nbs'
    def pages(folder, first=()):
        names = sorted(f.name for f in (nbs/folder).glob('*.ipynb'))
        return [f'{folder}/{n}' for n in [*(n for n in first if n in names), *(n for n in names if n not in first)]]
    lines = [HEAD, 'website:', '  sidebar:', '    contents:', *section('Start', ['index.ipynb']),
             *section('Tutorials', pages('tutorials', ('first_look.ipynb',)))]
    for room,files in groupby(sorted(nbs.glob('[0-9][0-9]_*.ipynb')), key=room_of):
        lines += section(described(root, room), [f.name for f in files])
    lines += section('Experiments', pages('experiments', ('results.ipynb', 'headline.ipynb', 'beyond.ipynb')))
    return '\n'.join(lines) + '\n'

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--root', type=Path, default=ROOT, help='project folder')
    p.add_argument('--check', action='store_true', help='write nothing; exit 1 if nbs/sidebar.yml is out of date')
    a = p.parse_args(argv)
    f,text = a.root/'nbs/sidebar.yml',sidebar(a.root)
    if f.exists() and f.read_text(encoding='utf-8') == text: return 0
    if not a.check: f.write_text(text, encoding='utf-8')
    print(f"nbs/sidebar.yml {'is out of date: run `make prepare`' if a.check else 'written'}")
    return int(a.check)

if __name__ == '__main__': sys.exit(main())
