package gputae.report;

import java.nio.file.Path;

/**
 * A picture on a page.
 *
 * @param png     its file; a page leaves out figures whose file does not exist
 * @param title   a few words above it
 * @param caption a sentence below it
 */
public record Figure(Path png, String title, String caption) {}
