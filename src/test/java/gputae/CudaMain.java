package gputae;

import gputae.backend.BackendException;
import gputae.backend.cuda.CudaMachine;
import gputae.backend.cuda.JCudaDriver;
import gputae.backend.cuda.Products;

/**
 * Looks for a GPU and reports the result as doctor does. The other lines of doctor, which take most of its time, are
 * left out.
 */
public final class CudaMain {

  private CudaMain() {}

  public static void main(String[] none) {
    try {
      System.out.println("NVIDIA driver  " + CudaMachine.find());
      try (JCudaDriver driver = JCudaDriver.open(0, Products.AUTO)) {
        System.out.println("cuBLAS  " + driver.cublas());
        System.out.println("CUDA backend  " + driver.description());
      }
    } catch (BackendException e) {
      System.out.println("CUDA backend  none: " + e.getMessage());
    }
  }
}
