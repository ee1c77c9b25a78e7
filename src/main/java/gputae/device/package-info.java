/**
 * The device that computes: a choice by name, and the backend that the choice opens.
 */
package gputae.device;
