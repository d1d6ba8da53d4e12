"""What every test runs under: no network, a cache of its own, and a notebook's cells in the notebook's order.

Files named test_NN_*.py are made from the notebooks by tools/nb2tests.py; the others are written by hand.
"""
import inspect, json, os, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time
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

# A browser, and a JupyterLab to open in it

@pytest.fixture(scope='module')
def chromium():
    "Headless Chromium, driven by playwright."
    api = pytest.importorskip('playwright.sync_api', reason="browser tests need playwright: pip install -r requirements.txt")
    exe = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if not exe: pytest.skip("no Chromium here: apt-get install chromium, as .ci/run does")
    with api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=exe, args=['--no-sandbox'])
        yield browser
        browser.close()

@pytest.fixture
def page(chromium, tmp_path):
    "A page that may neither log an error nor ask anything outside this machine. The last thing it showed is kept in a picture."
    page, wrong = chromium.new_page(viewport=dict(width=1280, height=1600), accept_downloads=True), []
    page.on('console', lambda m: wrong.append(f'console: {m.text}') if m.type == 'error' else None)
    page.on('pageerror', lambda e: wrong.append(f'script: {e}'))
    page.on('request', lambda r: None if re.match(r'(https?://127\.0\.0\.1[:/]|file:|data:|blob:)', r.url) else wrong.append(f'request: {r.url}'))
    yield page
    page.screenshot(path=tmp_path/'last.png', full_page=True)
    page.close()
    assert not wrong, '\n'.join(wrong)

class Lab:
    "A JupyterLab process, and notebooks in it."
    def __init__(self, folder):
        self.folder, self.token = folder, secrets.token_hex()
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        quiet = folder/'settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings' # no news, no look for updates
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        own = {f'JUPYTER_{k}_DIR': str(folder/k.lower()) for k in ('CONFIG', 'DATA', 'RUNTIME')} | dict(IPYTHONDIR=str(folder/'ipython'), JUPYTERLAB_SETTINGS_DIR=str(folder/'settings'),
                                                                                                    JUPYTERLAB_WORKSPACES_DIR=str(folder/'workspaces'))
        self.log = folder/'lab.log'
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={self.port}', '--ServerApp.port_retries=0',
                f'--IdentityProvider.token={self.token}', f'--ServerApp.root_dir={folder}', '--LabApp.expose_app_in_browser=True', '--ExtensionManager.listings_request_options={}'],
                env={**os.environ, **own, 'PYTHONPATH': str(root)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        until = time.time()+60
        while True:
            try: return socket.create_connection(('127.0.0.1', self.port), 1).close()
            except OSError:
                if self.process.poll() is not None or time.time() > until: raise RuntimeError(f'JupyterLab did not start:\n{self.log.read_text()[-3000:]}')
                time.sleep(.2)

    def close(self):
        self.process.terminate() # it ends its kernels
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: os.killpg(self.process.pid, signal.SIGKILL)

    def write(self, name, *cells):
        "A notebook of code cells."
        cell = lambda i, s: dict(cell_type='code', id=f'cell{i}', metadata={}, source=s, outputs=[], execution_count=None)
        kernel = dict(kernelspec=dict(name='python3', display_name='Python 3', language='python'))
        (self.folder/f'{name}.ipynb').write_text(json.dumps(dict(nbformat=4, nbformat_minor=5, metadata=kernel, cells=[cell(i, s) for i, s in enumerate(cells)])))

    def run(self, page, name, secs=120):
        "Open the notebook `name` in `page` and run all its cells."
        page.goto(f'http://127.0.0.1:{self.port}/lab/tree/{name}.ipynb?token={self.token}&reset')
        page.wait_for_function('''() => { const s = window.jupyterapp?.shell.currentWidget?.sessionContext; return s && s.isReady && s.session?.kernel?.status === 'idle' }''', timeout=60_000)
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
        page.wait_for_function('''() => { const w = window.jupyterapp.shell.currentWidget; const cells = [...w.content.model.cells].filter(c => c.type === 'code');
            return cells.every(c => c.executionCount || c.outputs.length && [...Array(c.outputs.length).keys()].some(i => c.outputs.get(i).type === 'error'))
                   && w.sessionContext.session.kernel.status === 'idle' }''', timeout=1000*secs)
        wrong = page.evaluate('''() => [...window.jupyterapp.shell.currentWidget.content.model.cells].filter(c => c.type === 'code').flatMap(c =>
            [...Array(c.outputs.length).keys()].map(i => c.outputs.get(i).toJSON()).filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue))''')
        assert not wrong, wrong

@pytest.fixture(scope='module')
def lab(tmp_path_factory, chromium):
    "JupyterLab, on a port and in a folder of its own."
    lab = Lab(tmp_path_factory.mktemp('lab'))
    yield lab
    lab.close()
