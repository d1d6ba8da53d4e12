"The paper's steps: pretrain, build a mini-model, adapt, finetune, transfer, evaluate."
