package gputae.backend.cuda;

import gputae.backend.BackendException;

/** cuBLAS refused a call. */
final class CublasException extends BackendException {

  private static final long serialVersionUID = 1L;

  CublasException(String message) {
    super(message);
  }
}
