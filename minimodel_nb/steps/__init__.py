"Pretrain, mini, adapt, finetune, transfer, evaluate."
