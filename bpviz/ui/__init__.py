"""The window and everything in it: widgets that read the document and hand it edits."""
