"""Apache Ossie (once the Open Semantic Interchange): semantic models to exchange, in and out."""
