//! Images: IDX and CIFAR binary files, and procedural sprites.
