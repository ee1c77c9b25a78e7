package gputae.study;

import gputae.evaluate.Measure;
import gputae.run.SweepCell;
import java.util.List;

/** A question, the trainings that answer it, and the rules by which their numbers become an answer. */
public interface Study {

  /** The name on the command line. */
  String name();

  /** The heading of the report. */
  String title();

  /** The question in a few sentences. */
  String question();

  /** How the question is answered: what is trained, and when a claim holds. One paragraph each. */
  List<String> rules();

  /** The data sets that the study takes if none are given. */
  default List<String> datasets() {
    return List.of("mnist");
  }

  /** Epochs of every training if no number is given. */
  int epochs();

  /** Number of seeds if none is given. */
  default int seeds() {
    return 3;
  }

  /** The trainings. */
  List<SweepCell> cells(StudyPlan plan);

  /** The measures that tables and pictures show. */
  List<Measure> measures();

  /** What follows from these runs; some of the planned ones may be missing. */
  StudyAnswer answer(List<StudyRun> runs);
}
