/**
 * What a training is on disk: the folder of a run and its parts, what a training is asked for, one training, many
 * trainings. Nothing here knows options of the command line.
 */
package gputae.run;
