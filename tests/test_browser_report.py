"The HTML report is opened from a file, without a network, and its slider is moved."
import math

from minimodel_nb.runs.curves import example_records, near_maximal
from minimodel_nb.show.report import write_report

READ = '''() => {
    const traces = document.getElementById('tradeoff')._fullData
    const t = traces.find(t => t.visible === true && t.meta === 'read-out')
    return t.selectedpoints.filter(i => t.y[i] !== null).map(i => t.text[i].replace(/<[^>]*>/g, ' ')).join(' ') }'''
SAYS = '''share => [...document.querySelectorAll('#tradeoff .slider-label')].some(
    e => e.textContent.includes('near-maximal: ' + share))'''
SLIDE = '.slider-rail-touch-rect'

def opened(page, path, width=1280):
    page.set_viewport_size(dict(width=width, height=950))
    page.goto(path.as_uri())
    page.wait_for_function("() => document.getElementById('tradeoff')?._fullData?.length")

def slide(page, share):
    "Move the near-maximal slider of the figure `tradeoff` to `share`."
    rail = page.locator(f'#tradeoff {SLIDE}')
    rail.scroll_into_view_if_needed()
    box = rail.bounding_box()
    page.mouse.click(box['x'] + 4 + (box['width']-8)*(share-.9)/.1, box['y'] + box['height']/2)
    page.wait_for_function(SAYS, arg=f'{share:.0%}')

def test_near_maximal_slider(page, tmp_path):
    recs = example_records()
    opened(page, write_report(recs, tmp_path/'report.html', measure='section/accuracy'))
    for share in (.9, .97, 1., .95):
        slide(page, share)
        page.wait_for_timeout(600) # the slider's transition
        read, nm = page.evaluate(READ), near_maximal(recs, share, 'section/accuracy', 'es')
        assert f'{nm.level:.4g}' in read, (share, read)
        for label in nm.reach:
            if not math.isnan(s := nm.saving(label)): assert f'{s:.2f}×' in read, (share, label, read)

def test_phone_and_download(page, tmp_path):
    opened(page, write_report(example_records(), tmp_path/'report.html'), 390)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth") # nothing runs off the side
    with page.expect_download() as d: page.get_by_text('tradeoff.csv').click()
    assert 'standard' in d.value.path().read_text()

def test_one_run(page, tmp_path):
    one = [r for r in example_records() if r.name == 'standard-es-0']
    opened(page, write_report(one, tmp_path/'report.html'))
