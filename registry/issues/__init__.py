"""Issues: known problems of an application, which traces are examples of. A trace is tied to one by an assessment that bears its id."""
