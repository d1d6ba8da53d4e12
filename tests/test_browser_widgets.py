"""Each widget opens in a real JupyterLab and is moved by mouse and keyboard.

What changed is read from the data of its figure.
"""
import csv, json, math, os, shutil, signal
from pathlib import Path

import psutil, pytest, torch
from transformers import AutoModelForMaskedLM, ModernBertConfig

from minimodel_nb.align.measure import Side, measure_alignment
from minimodel_nb.core.files import writable
from minimodel_nb.text.corpus import tiny_world
from minimodel_nb.runs.curves import example_records, final, series
from minimodel_nb.model.joint import JointModel, load_joint, save_joint
from minimodel_nb.model.pack import LanguagePack, init_embeddings, plug, source_pack
from minimodel_nb.cost.flops import Update
from minimodel_nb.cost.planner import Hardware, plan
from minimodel_nb.show.playground import by_head, fill_mask
from minimodel_nb.text.tokens import train_tokenizer
from minimodel_nb.show.widgets import known_models, methods_of

FIGURE = '''() => {
    const shown = [...document.querySelectorAll('.js-plotly-plot')].filter(g => g.offsetParent !== null)
    const trace = t => ({
        name: t.name, mode: t.mode, type: t.type, visible: t.visible, meta: t.meta,
        x: [...(t.x ?? [])], y: [...(t.y ?? [])], z: t.z ? [...t.z].map(r => [...r]) : null })
    const g = shown[0]
    return g?._fullData && { traces: g._fullData.map(trace), title: g._fullLayout.title?.text } }'''

def figure(page):
    "What the first figure on the page holds."
    return page.evaluate(FIGURE)

def until(page, holds, secs=30):
    "The figure, once `holds(figure)`."
    for _ in range(10*secs):
        f = figure(page)
        if f and holds(f): return f
        page.wait_for_timeout(100)
    raise AssertionError(f'the figure did not come to that: {str(f)[:2000]}')

def control(page, label):
    "The widget with this description."
    boxes = page.locator('.widget-inline-hbox, .jupyter-widget-inline-hbox')
    return boxes.filter(has=page.get_by_text(label, exact=True))

def nums(f): return [v for t in f['traces'] for v in t['x'] if isinstance(v, (int, float))]

def test_planner(page, lab):
    lab.write('planner', 'from minimodel_nb.show.widgets import PlannerWidget\nPlannerWidget()')
    lab.run(page, 'planner')
    shape = known_models()['FacebookAI/roberta-base']
    def update(p_mask): return Update(64, 128, p_mask*64*128, last_layer='predicted')
    def flops(p_mask=.15, methods=None):
        return [r['flops'] for r in plan(shape, int(1e9), methods, update=update(p_mask)).rows]
    def shows(want): return lambda f: all(any(abs(v/w-1) < 1e-3 for v in nums(f)) for w in want)
    until(page, shows(flops()))
    handle = control(page, 'share masked').locator('.noUi-handle') # by keyboard
    handle.focus()
    page.keyboard.press('ArrowRight')
    until(page, shows(flops(.2)))
    box = control(page, 'depths').locator('input')
    box.fill('3, 4+2')
    box.press('Enter')
    until(page, shows(flops(.2, methods_of('3, 4+2', 12))))
    box.fill('99')
    box.press('Enter')
    page.get_by_role('alert').filter(has_text='1..11').wait_for()
    assert figure(page) is None # nothing outdated beside the error
    box.fill('3')
    box.press('Enter')
    control(page, 'machine').locator('select').select_option('H100 80 GB')
    h100 = Hardware(989e12, n_bytes=80_000_000_000)
    hours = plan(shape, int(1e9), methods_of('3', 12), h100, update(.2))[0]['hours']
    page.locator('table').filter(has_text='MiniJoint').filter(has_text=f'{hours:,.3g}').wait_for()

def test_tradeoff(page, lab):
    runs = lab.folder/'runs'
    for r in example_records(): r.save(runs/f'{r.name}.record.json')
    lab.write('tradeoff', "from minimodel_nb.show.widgets import TradeoffExplorer\nTradeoffExplorer('runs')")
    lab.run(page, 'tradeoff')
    def lines(f): return [t for t in f['traces'] if t['visible'] is True and t['mode'] == 'lines+markers']
    def drawn(f): return {t['name'] for t in lines(f)}
    until(page, lambda f: {'standard', 'MiniJoint', 'MiniPost'} <= drawn(f))
    control(page, 'methods').locator('select').select_option(['standard', 'MiniPost'])
    until(page, lambda f: drawn(f) == {'standard', 'MiniPost'})
    control(page, 'languages').locator('select').select_option(['tr'])
    control(page, 'measure').locator('select').select_option('retrieval top-10')
    s = next(s for s in series(example_records()) if (s.lang, s.method) == ('tr', 'minipost'))
    def end(f):
        line = next(t for t in lines(f) if t['name'] == 'MiniPost')
        values = [v for v in line['y'] if v is not None]
        return values[-1] if values else math.nan
    until(page, lambda f: abs(end(f)-final(s, 'retrieval/top10')) < 1e-4)
    control(page, 'save as').locator('input').fill('seen.csv')
    control(page, 'save as').locator('input').press('Tab')
    page.keyboard.press('Enter') # the button that follows
    page.get_by_role('status').filter(has_text='seen.csv').wait_for()
    rows = list(csv.DictReader(open(lab.folder/'seen.csv')))
    assert {(r['lang'], r['method']) for r in rows} == {('tr', 'standard'), ('tr', 'MiniPost')}

MODELS = """from minimodel_nb.model.joint import load_joint
from minimodel_nb.model.pack import LanguagePack
from minimodel_nb.show.playground import AlignmentExplorer, FillMaskPlayground
models, packs = {'joint': load_joint('joint')}, [LanguagePack.load(l) for l in ('aa', 'bb')]"""

@pytest.fixture(scope='module')
def world(lab):
    "Two languages; an untrained joint model and its packs lie in JupyterLab's folder."
    world = tiny_world()
    a, b = (train_tokenizer(world.corpora[l], 150) for l in ('aa', 'bb'))
    torch.manual_seed(0)
    cfg = ModernBertConfig(
        vocab_size=150, hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, initializer_range=.2,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2)
    joint = JointModel(AutoModelForMaskedLM.from_config(cfg).eval(), (2,))
    save_joint(joint, writable(lab.folder/'joint'))
    a.save_pretrained(lab.folder/'joint')
    aa = source_pack(joint.primary, a, 'aa')
    aa.save(lab.folder/'aa')
    LanguagePack('bb', b, *init_embeddings(aa, b)[:2], aa.lineage).save(lab.folder/'bb')
    (lab.folder/'bb.txt').write_text('\n'.join(world.corpora['bb'].docs))
    return world

def loaded(lab):
    "The heads of the joint model by name, the packs by language."
    heads = by_head({'joint': load_joint(lab.folder/'joint')})
    return heads, {l: LanguagePack.load(lab.folder/l) for l in ('aa', 'bb')}

ROWS_ARE = """want => {
    const table = [...document.querySelectorAll('.jp-OutputArea table')].at(-1)
    const cells = row => [...row.querySelectorAll('td')].slice(1).map(c => c.textContent.trim())
    const rows = table && [...table.querySelectorAll('tbody tr')].map(cells)
    return JSON.stringify(rows) === JSON.stringify(want) }"""

def test_fill_mask(page, lab, world):
    lab.write('fill', MODELS, 'FillMaskPlayground(models, packs)')
    lab.run(page, 'fill')
    heads, packs = loaded(lab)
    def shows(lang, text, k):
        pack = packs[lang]
        columns = [fill_mask(plug(m, pack), pack.tokenizer, text, k)[0] for m in heads.values()]
        want = [[f'{word} {p:.1%}' for word, p in row] for row in zip(*columns)]
        assert len(want) == k
        page.wait_for_function(ROWS_ARE, arg=want, timeout=20_000)
    for lang in ('aa', 'bb'):
        control(page, 'language').locator('select').select_option(lang)
        text = f"<mask> {' '.join(world.labelled[0][lang].split()[1:])}"
        page.get_by_placeholder('a sentence with <mask> in it').fill(text)
        page.keyboard.press('Enter')
        shows(lang, text, 5)
    page.get_by_role('slider').focus()
    page.keyboard.press('ArrowLeft')
    shows('bb', text, 4)

def test_alignment(page, lab, world):
    texts = dict(zip(('aa', 'bb'), map(list, zip(*world.parallel[:12]))))
    lab.write('align', MODELS, f'AlignmentExplorer(models, packs, {texts!r})')
    lab.run(page, 'align')
    heads, packs = loaded(lab)
    def side(name, lang): return plug(heads[name], packs[lang]), packs[lang].tokenizer
    def shows(a, b, n=12):
        texts_a = texts[a[1]][:n]
        sides = Side(*side(*a), texts_a, 'a'), Side(*side(*b), texts[b[1]][:n], 'b')
        want = measure_alignment(*sides, progress=False).cka
        def same(f):
            z = next((t['z'] for t in f['traces'] if t['meta'] == 'cka' and t['visible'] is True), None)
            if not z or (len(z), len(z[0])) != (len(want), len(want[0])): return False
            return all(abs(x-y[0]) < 1e-3 for row, wanted in zip(z, want) for x, y in zip(row, wanted))
        until(page, same)
    deep, shallow = ('joint, 4 layers', 'joint, exit 2')
    shows((deep, 'aa'), (deep, 'bb'))
    control(page, 'B').locator('select').select_option(f'{shallow} · aa')
    shows((deep, 'aa'), (shallow, 'aa'))
    box = page.locator('textarea').first
    box.fill('\n'.join(texts['aa'][:10]))
    box.press('Tab')
    shows((deep, 'aa'), (shallow, 'aa'), 10)
    near = page.locator('table').filter(has_text='nearest to')
    was = near.inner_text()
    token = control(page, 'token').locator('select')
    for _ in range(30): # new sentences bring new tokens: a choice made before they are there is lost
        token.select_option(index=token.evaluate('s => (s.selectedIndex+1) % s.length'))
        page.wait_for_timeout(1000)
        if near.inner_text() != was: break
    assert near.inner_text() != was

KERNEL = 'window.jupyterapp.shell.currentWidget.sessionContext.session.kernel'

def test_monitor(page, lab, world):
    command = ('minimodel adapt joint --text bb.txt --lang bb --source aa --tokenizer bb --length 32 --steps 100000 '
               '--batch 4 --log-every 20 --save-every 40 --device cpu --out pack')
    cells = 'from minimodel_nb.show.monitor import TrainingMonitor', f'TrainingMonitor({command!r}, every=1)', '6*7'
    lab.write('monitor', *cells)
    lab.run(page, 'monitor')
    work = lab.folder/'pack.work'
    def process(): return json.loads((work/'process.json').read_text())
    def losses():
        lines = (work/'curve.jsonl').read_text().splitlines()[:-1] # the last may be half written
        return [p['loss'] for p in map(json.loads, lines) if 'loss' in p]
    def drawn(f): return next((t['y'] for t in f['traces'] if t['visible'] is True and len(t['y']) > 1), [])
    def follows(f): return len(drawn(f)) > 1 and all(abs(x-y) < 1e-3*y for x, y in zip(drawn(f), losses()))
    def kernel(do): return page.evaluate(f"() => {KERNEL}.{do}")
    def button(name): return page.locator('button.jupyter-button', has_text=name)
    def press(name):
        button(name).focus()
        page.keyboard.press('Enter')
    try:
        press('Start')
        n = len(drawn(until(page, follows, secs=60)))
        until(page, lambda f: len(drawn(f)) > n and follows(f)) # it moves by itself, and the kernel is free:
        assert kernel('status') == 'idle'
        pid = process()['pid']
        kernel('restart()')
        lab.run(page, 'monitor') # the kernel knows nothing any more; the run is found again
        page.get_by_text('running').first.wait_for()
        until(page, follows)
        assert process()['pid'] == pid and psutil.pid_exists(pid)
        press('Stop')
        button('Resume').wait_for(timeout=60_000)
        n = len(losses())
        press('Resume')
        until(page, lambda f: len(drawn(f)) > n+2 and follows(f), secs=60)
        assert process()['pid'] != pid
        press('Stop')
        button('Resume').wait_for(timeout=60_000)
    finally:
        started = (work/'process.json').exists()
        if started and psutil.pid_exists(process()['pid']): os.kill(process()['pid'], signal.SIGKILL)

def test_first_look(page, lab):
    "The tutorial, from top to bottom."
    shutil.copy(Path(__file__).resolve().parents[1]/'nbs/tutorials/first_look.ipynb', lab.folder)
    page.set_viewport_size(dict(width=1280, height=12_000)) # so that every cell is drawn
    lab.run(page, 'first_look', 240)
    for label in ('measure', 'sentence', 'text A', 'utilisation'): # a control of each widget
        control(page, label).first.wait_for()
    page.locator('button.jupyter-button', has_text='Start').wait_for()
    assert (lab.folder/'runs/first_look/report.html').exists()
