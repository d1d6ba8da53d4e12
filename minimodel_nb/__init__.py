__version__ = "0.1.0"
__doc__ = "Teach a pretrained masked language model a new language, cheaply: what a user needs, each name loaded when it is used."

from importlib import import_module

_homes = { # module below this package: names that are offered here, which have a page of their own there
    'runs.record': ['RunRecord', 'load_records'],
    'runs.savings': ['savings_table'],
    'runs.tables': ['tradeoff_table'],
    'cost.planner': ['Hardware', 'plan'],
    'text.corpus': ['Corpus', 'read_corpus'],
    'text.verses': ['verse_corpus'],
    'text.tokens': ['train_tokenizer'],
    'model.encoder': ['load_primary'],
    'model.joint': ['minijoint'],
    'model.pack': ['LanguagePack', 'plug', 'pull_pack', 'source_pack'],
    'model.shipped': ['load_shipped'],
    'train.settings': ['TrainSettings'],
    'train.masked_lm': ['Text'],
    'align.measure': ['Side', 'measure_alignment'],
    'tasks.names': ['task_of'],
    'steps.pretrain': ['continue_pretraining', 'pretrain'],
    'steps.mini': ['Bridge', 'build_mini'],
    'steps.adapt': ['Curriculum', 'Start', 'Watch', 'adapt'],
    'steps.finetune': ['finetune'],
    'steps.transfer': ['transfer'],
    'steps.evaluate': ['evaluate', 'load_with_source', 'packs_by_lang'],
    'show.figures': ['loss_curves', 'tradeoff'],
    'show.widgets': ['PlannerWidget', 'TradeoffExplorer'],
    'show.playground': ['AlignmentExplorer', 'FillMaskPlayground'],
    'show.report': ['write_report'],
    'show.monitor': ['TrainingMonitor'],
    'lab.experiment': ['run_experiment'],
    'lab.demo': ['demo'],
}
_renamed = dict(task_of='task') # name there: name here
_where = {_renamed.get(name, name): (module, name) for module,names in _homes.items() for name in names}

__all__ = [*_where]

def __getattr__(name):
    "Load a name's module when the name is used (PEP 562)."
    if name not in _where: raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module,there = _where[name]
    globals()[name] = found = getattr(import_module(f'{__name__}.{module}'), there)
    return found

def __dir__(): return sorted({*globals(), *__all__})
