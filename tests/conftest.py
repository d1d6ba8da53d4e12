"""What every test runs under: no network, a cache of its own, and a notebook's cells in the notebook's order.

Files named test_NN_*.py are made from the notebooks by tools/nb2tests.py; the others are written by hand.
"""
import inspect, json, os, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

import pytest

root = Path(__file__).resolve().parents[1]

def pytest_addoption(parser):
    parser.addoption('--slow', action='store_true',
                     help="also run tests marked slow: they take minutes, or read the verse text")

def pytest_configure(config):
    config.addinivalue_line('markers', "slow: takes minutes or reads the verse text; runs with --slow")
    config.addinivalue_line('markers', "cuda: needs a GPU")
    os.environ.update(TOKENIZERS_PARALLELISM='false')
    for k in ('HF_HUB_OFFLINE', 'HF_DATASETS_OFFLINE'): os.environ.setdefault(k, '1')
    if config.getoption('--slow'): return
    config.cache_folder = tempfile.TemporaryDirectory(prefix='minimodel_test_')
    folder = config.cache_folder.name
    os.environ.update(MINIMODEL_CACHE=folder, HF_DATASETS_CACHE=f'{folder}/datasets')

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
        why = _why_not(config, {m.name for m in item.iter_markers()})
        if why: item.add_marker(pytest.mark.skip(reason=why))

def pytest_pycollect_makeitem(collector, name, obj):
    "Leave out what a test file imports: `test_eq` and its kin are tools, not tests."
    module = collector.getparent(pytest.Module)
    if inspect.isfunction(obj) and module and obj.__module__ != module.obj.__name__: return []

_cells = {} # test module -> its functions in order, and those that have run

def _functions(module):
    "What `module` itself defines, in order."
    return [f for f in vars(module).values() if inspect.isfunction(f) and f.__module__ == module.__name__]

@pytest.fixture(autouse=True)
def notebook_cells(request, monkeypatch):
    "In a file made from a notebook, run the cells above this one first if they have not run; from the notebook's folder."
    module = request.module
    if not hasattr(module, '__notebook__'): return
    monkeypatch.chdir((root/module.__notebook__).parent)
    if module not in _cells: _cells[module] = (_functions(module), set())
    cells, ran = _cells[module]
    for f in cells[:cells.index(request.function)]:
        marks = {m.name for m in getattr(f, 'pytestmark', ())}
        if f in ran or _why_not(request.config, marks): continue
        ran.add(f)
        f()
    ran.add(request.function)

# A browser, and a JupyterLab to open in it

@pytest.fixture(scope='module')
def chromium():
    "Headless Chromium, driven by playwright."
    need = "browser tests need playwright: pip install -r requirements.txt"
    api = pytest.importorskip('playwright.sync_api', reason=need)
    found = map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))
    exe = next(filter(None, found), None)
    if not exe: pytest.skip("no Chromium here: apt-get install chromium, as .ci/run does")
    with api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=exe, args=['--no-sandbox'])
        yield browser
        browser.close()

LOCAL = re.compile(r'(https?://127\.0\.0\.1[:/]|file:|data:|blob:)') # addresses on this machine

@pytest.fixture
def page(chromium, tmp_path):
    """A page that may neither log an error nor ask anything outside this machine.

    The last thing it showed is kept in a picture."""
    page = chromium.new_page(viewport=dict(width=1280, height=1600), accept_downloads=True)
    wrong = []
    def on_console(message):
        if message.type == 'error': wrong.append(f'console: {message.text}')
    def on_request(request):
        if not LOCAL.match(request.url): wrong.append(f'request: {request.url}')
    page.on('console', on_console)
    page.on('pageerror', lambda e: wrong.append(f'script: {e}'))
    page.on('request', on_request)
    yield page
    page.screenshot(path=tmp_path/'last.png', full_page=True)
    page.close()
    assert not wrong, '\n'.join(wrong)

READY = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext
    return session && session.isReady && session.session?.kernel?.status === 'idle' }"""

RUN = """() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }""" # its promise is not returned

CELLS = """
    const widget = window.jupyterapp.shell.currentWidget
    const cells = [...widget.content.model.cells].filter(c => c.type === 'code')
    const outputs = c => [...Array(c.outputs.length).keys()].map(i => c.outputs.get(i))"""

DONE = f"""() => {{ {CELLS}
    const failed = c => outputs(c).some(o => o.type === 'error')
    return cells.every(c => c.executionCount || failed(c))
        && widget.sessionContext.session.kernel.status === 'idle' }}"""

ERRORS = f"""() => {{ {CELLS}
    const errors = cells.flatMap(c => outputs(c).map(o => o.toJSON()).filter(o => o.output_type === 'error'))
    return errors.map(o => o.ename + ': ' + o.evalue) }}"""

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

class Lab:
    "A JupyterLab process, and notebooks in it."
    def __init__(self, folder):
        self.folder = folder
        self.token = secrets.token_hex()
        self.port = free_port()
        self.log = folder/'lab.log'
        quiet = folder/'settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings'
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        self._start()
        self._wait()

    def _start(self):
        own = {f'JUPYTER_{k}_DIR': str(self.folder/k.lower()) for k in ('CONFIG', 'DATA', 'RUNTIME')}
        own |= dict(IPYTHONDIR=str(self.folder/'ipython'), JUPYTERLAB_SETTINGS_DIR=str(self.folder/'settings'),
                    JUPYTERLAB_WORKSPACES_DIR=str(self.folder/'workspaces'))
        options = ['--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={self.port}',
                   '--ServerApp.port_retries=0', f'--IdentityProvider.token={self.token}',
                   f'--ServerApp.root_dir={self.folder}', '--LabApp.expose_app_in_browser=True',
                   '--ExtensionManager.listings_request_options={}']
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'jupyterlab', *options], env={**os.environ, **own, 'PYTHONPATH': str(root)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _wait(self, secs=60):
        "Until it answers."
        until = time.time()+secs
        while True:
            try: return socket.create_connection(('127.0.0.1', self.port), 1).close()
            except OSError:
                if self.process.poll() is not None or time.time() > until:
                    raise RuntimeError(f'JupyterLab did not start:\n{self.log.read_text()[-3000:]}')
                time.sleep(.2)

    def close(self):
        self.process.terminate() # it ends its kernels
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: os.killpg(self.process.pid, signal.SIGKILL)

    def write(self, name, *cells):
        "A notebook of code cells."
        def cell(i, source):
            return dict(cell_type='code', id=f'cell{i}', metadata={}, source=source, outputs=[], execution_count=None)
        kernel = dict(kernelspec=dict(name='python3', display_name='Python 3', language='python'))
        nb = dict(nbformat=4, nbformat_minor=5, metadata=kernel, cells=[cell(i, s) for i, s in enumerate(cells)])
        (self.folder/f'{name}.ipynb').write_text(json.dumps(nb))

    def run(self, page, name, secs=120):
        "Open the notebook `name` in `page` and run all its cells."
        page.goto(f'http://127.0.0.1:{self.port}/lab/tree/{name}.ipynb?token={self.token}&reset')
        page.wait_for_function(READY, timeout=60_000)
        page.evaluate(RUN)
        page.wait_for_function(DONE, timeout=1000*secs)
        wrong = page.evaluate(ERRORS)
        assert not wrong, wrong

@pytest.fixture(scope='module')
def lab(tmp_path_factory, chromium):
    "JupyterLab, on a port and in a folder of its own."
    lab = Lab(tmp_path_factory.mktemp('lab'))
    yield lab
    lab.close()
