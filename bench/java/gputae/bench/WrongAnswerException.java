package gputae.bench;

/**
 * A device computed another result than the reference, so there is nothing to time. One line says what; the place in
 * this program does not matter.
 */
public final class WrongAnswerException extends RuntimeException {

  public WrongAnswerException(String message) {
    super(message, null, false, false);
  }
}
