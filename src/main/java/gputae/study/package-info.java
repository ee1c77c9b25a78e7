/** Questions that trainings answer: the trainings of each study, the rules of its answer, and its report. */
package gputae.study;
