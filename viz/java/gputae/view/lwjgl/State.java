package gputae.view.lwjgl;

import gputae.view.Subject;
import java.util.List;

/** All that a picture shows beside the cloud itself. Belongs to the thread that draws. */
final class State {

  final Subject subject;

  /** The newest observation, or null before the first. */
  Observation now;

  Curves.Copy curves = Curves.Copy.EMPTY;

  /** Steps a second now; NaN where that is not known. */
  double stepsPerSecond = Double.NaN;

  /** A word for what the training does: "paused", "finished"; empty while it trains. */
  String status = "";

  /** How far the embeddings have flown from the observation before to this one. */
  double mixture = 1;

  /** How visible the batch's spanning tree is. */
  double tree;

  /** Buttons, from left to right; none on film. */
  List<Button> buttons = List.of();

  /** What the mouse points at; null where it points at nothing or there is no mouse. */
  Pointer pointer;

  /** Whether there is a place for what the mouse points at. */
  boolean interactive;

  /** A line that says what just happened, and how visible it is. */
  String notice = "";

  double noticeOpacity;

  State(Subject subject) {
    this.subject = subject;
  }

  /**
   * A button.
   *
   * @param label  what it does
   * @param key    that does the same
   * @param active whether what it switches is on
   */
  record Button(String label, String key, boolean active) {}

  /**
   * What the mouse points at.
   *
   * @param embedding number of the test image whose embedding that is; -1 for a place between
   * @param z         the latent point [d]
   * @param decoded   image the model makes of it, uint8 [pixels]; null while that is not known
   */
  record Pointer(int embedding, float[] z, byte[] decoded) {}
}
