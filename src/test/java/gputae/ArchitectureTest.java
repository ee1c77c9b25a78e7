package gputae;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Who may import whom. The report and the model import data for how files are read and written; the window takes
 * colours, ticks and words for numbers from the report; everything else is as the packages' purpose says.
 */
class ArchitectureTest {

  private static final JavaClasses PROGRAM = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("gputae");

  /** Each package with the ones it may import beside itself. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gputae.data | ",
        "gputae.backend | ",
        "gputae.backend.cpu | gputae.backend",
        "gputae.backend.cuda | gputae.backend",
        "gputae.homology | gputae.backend",
        "gputae.model | gputae.backend gputae.data",
        "gputae.objective | gputae.backend",
        "gputae.train | gputae.data gputae.model gputae.objective gputae.backend",
        "gputae.evaluate | gputae.data gputae.model gputae.homology gputae.backend",
        "gputae.report | gputae.train gputae.objective gputae.evaluate gputae.data",
        "gputae.selftest | gputae.backend gputae.homology",
        "gputae.view | gputae.data gputae.backend gputae.model gputae.train",
        "gputae.viz | gputae.view gputae.data gputae.backend gputae.homology gputae.model gputae.objective gputae.train"
            + " gputae.report",
        "gputae.cli | gputae.view gputae.data gputae.backend gputae.backend.cpu gputae.backend.cuda gputae.homology gputae.model"
            + " gputae.objective gputae.train gputae.evaluate gputae.report gputae.selftest"
      })
  void packagesImportOnlyWhatTheyMay(String name, String imports) {
    String[] allowed = Stream.concat(Stream.of(name), imports == null ? Stream.empty() : Arrays.stream(imports.split(" "))).toArray(String[]::new);
    DescribedPredicate<JavaClass> foreign = resideInAPackage("gputae..").and(DescribedPredicate.not(JavaClass.Predicates.resideInAnyPackage(allowed)));
    noClasses().that().resideInAPackage(name).should().dependOnClassesThat(foreign).check(PROGRAM);
  }

  @Test
  void everyPackageIsInTheTable() {
    classes().should().resideInAnyPackage("gputae", "gputae.data", "gputae.backend", "gputae.backend.cpu", "gputae.backend.cuda", "gputae.homology",
        "gputae.model", "gputae.objective", "gputae.train", "gputae.evaluate", "gputae.report", "gputae.selftest", "gputae.view", "gputae.viz", "gputae.cli").check(PROGRAM);
  }

  @Test
  void thereAreNoCycles() {
    slices().matching("gputae.(*)..").should().beFreeOfCycles().check(PROGRAM);
  }

  @Test
  void onlyTheWindowTouchesLwjgl() {
    noClasses().that().resideOutsideOfPackage("gputae.viz").should().dependOnClassesThat().resideInAPackage("org.lwjgl..").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.viz").should().dependOnClassesThat().resideInAPackage("gputae.viz..").check(PROGRAM);
  }

  @Test
  void onlyTheReportAndTheWindowDraw() {
    noClasses().that().resideOutsideOfPackages("gputae.report", "gputae.data", "gputae.viz").should().dependOnClassesThat().resideInAnyPackage("java.awt..", "javax.swing..")
        .check(PROGRAM);
  }

  @Test
  void nativesAreReachedFromTheBackendAlone() {
    noClasses().that().resideOutsideOfPackage("gputae.backend.cuda").should().dependOnClassesThat()
        .haveFullyQualifiedName("gputae.backend.cuda.HostRunnerNative").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.backend.cuda").should().dependOnClassesThat().resideInAPackage("jcuda..").check(PROGRAM);
    noClasses().that().resideOutsideOfPackage("gputae.backend.cpu").should().dependOnClassesThat().haveFullyQualifiedName("gputae.backend.cpu.Native").check(PROGRAM);
  }
}
