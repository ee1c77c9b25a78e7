/**
 * Checks every operation of a backend against an independent reference, on the user's own machine.
 */
package gputae.selftest;
