package gputae.view.lwjgl;

import gputae.figure.SamplePictures;
import gputae.view.Subject;
import java.util.List;

/** Everything that a picture shows beside the cloud itself. Belongs to the drawing thread. */
final class State {

  final Subject subject;

  /** What stands for a sample in a picture. */
  final SamplePictures pictures;

  /** The newest observation, or null before the first one. */
  Observation now;

  Curves.Copy curves = Curves.Copy.EMPTY;

  /** Current steps per second; NaN if unknown. */
  double stepsPerSecond = Double.NaN;

  /** The state of the training in one word: "paused", "finished"; empty while it trains. */
  String status = "";

  /** Progress of the embeddings' movement from the previous observation to this one. */
  double mixture = 1;

  /** Opacity of the batch's spanning tree. */
  double tree;

  /** Buttons, from left to right; none on film. */
  List<Button> buttons = List.of();

  /** The point under the mouse; null if there is none or no mouse. */
  Pointer pointer;

  /** Whether the picture has a place for the point under the mouse. */
  boolean interactive;

  /** A line that says what just happened, and its opacity. */
  String notice = "";

  double noticeOpacity;

  State(Subject subject) {
    this.subject = subject;
    this.pictures = new SamplePictures(subject.dataset().test().samples());
  }

  /**
   * A button.
   *
   * @param label  text that says what it does
   * @param key    the key that does the same
   * @param active whether the function that it switches is on
   */
  record Button(String label, String key, boolean active) {}

  /**
   * The point under the mouse.
   *
   * @param embedding index of the test sample with this embedding; -1 for a point between embeddings
   * @param z         the latent point [d]
   * @param decoded   picture of what the model decodes from it, uint8 [height, width]; null while it is unknown
   */
  record Pointer(int embedding, float[] z, byte[] decoded) {}
}
