//! What servers and clients say to each other in the examples of the specifications, word for word.
