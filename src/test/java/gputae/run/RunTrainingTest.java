package gputae.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.objective.Given;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Trainings that a run cannot have. */
class RunTrainingTest {

  @Test
  void aDataSetWithoutLabelsIsOneLineThatSaysWhatToDo() {
    Split split = new Split(new Images(new byte[4 * Given.PIXELS], 4, 3, 3), null);
    TrainConfig config = new TrainConfig(ModelKind.AE, 2, List.of(4), 2, 1, 1e-3,
        Objective.of(new Reconstruction(), new Given(1)), 0);
    try (Backend backend = new CpuBackend(InstructionSet.best(), 1)) {
      Failure failure = assertThrows(Failure.class, () -> RunTraining.trainer(backend, config,
          new Dataset("bare", List.of(), split, split), new TrainControl()));
      assertEquals("the objective needs the classes of the images, but no training image of the data set 'bare' has a "
          + "label; take a data set with labels, or leave the term out", failure.getMessage());
    }
  }
}
