//! Arrays on disk: `.npy`, `.npz`, `.safetensors` and `.csv`.
