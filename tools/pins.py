"""Print the exact versions of everything settings.ini needs, as installed in the environment that runs this.

    python tools/pins.py > requirements.txt
"""
import sys
from configparser import ConfigParser
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

def closure(
    reqs # requirement strings
): # -> dict of canonical name -> distribution
    "Everything that `reqs` and what they need bring along on this machine."
    found, todo, seen = {}, [(r, '') for r in reqs], set()
    while todo:
        text, extra = todo.pop()
        r = Requirement(text)
        if (r.marker and not r.marker.evaluate({'extra': extra})) or (text, extra) in seen: continue
        seen.add((text, extra))
        d = found[canonicalize_name(r.name)] = distribution(r.name)
        todo += [(q, e) for q in d.requires or [] for e in ('', *r.extras)]
    return found

def main():
    cfg = ConfigParser(delimiters=['='])
    cfg.read(Path(__file__).resolve().parents[1]/'settings.ini', encoding='utf-8')
    reqs = f"{cfg['DEFAULT']['requirements']} {cfg['DEFAULT']['dev_requirements']}".split()
    floor = cfg['DEFAULT']['min_python'] + '.0'
    found = closure(reqs)
    def runs(d): return floor in SpecifierSet(d.metadata['Requires-Python'] or '')
    late = [f"{d.metadata['Name']} {d.version}" for d in found.values() if not runs(d)]
    if late:
        raise SystemExit(f"not for Python {floor}, which settings.ini promises: {', '.join(late)}. "
                         "Install earlier versions of these and run this again.")
    def public(d): return d.version.split('+')[0] # a local version (torch's +cpu) is the machine's choice
    pins = {k: f"{d.metadata['Name']}=={public(d)}" for k,d in found.items()}
    python = '.'.join(map(str, sys.version_info[:2]))
    print(f"# Made by tools/pins.py with Python {python}. "
          "torch stands first: it is installed before anything that needs it.")
    print('\n'.join([pins.pop('torch'), *(pins[k] for k in sorted(pins))]))

if __name__ == '__main__': main()
