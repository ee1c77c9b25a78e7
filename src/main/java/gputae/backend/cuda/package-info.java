/**
 * The backend for NVIDIA GPUs: the kernels of {@code kernels/}, and cuBLAS if there is one. They run on
 * a GPU's driver, or on the host runner, which executes the kernels on the CPU to check them.
 */
package gputae.backend.cuda;
