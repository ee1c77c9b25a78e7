package gputae.backend.cuda;

import gputae.backend.BackendException;

/** No cuBLAS was found that works here, and nobody named one. The kernels of our own can do without it. */
final class NoCublasException extends BackendException {

  private static final long serialVersionUID = 1L;

  NoCublasException(String message, Throwable cause) {
    super(message, cause);
  }
}
