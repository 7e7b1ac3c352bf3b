"""The two-model training loop and what it stands on: views, joint augmentation, the teacher cache, checkpoints."""
