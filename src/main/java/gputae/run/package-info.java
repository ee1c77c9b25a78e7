/**
 * The files of a training: the run directory and its parts, the settings of a training, one training, many trainings.
 * Nothing in this package knows the options of the command line.
 */
package gputae.run;
