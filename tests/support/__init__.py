"""What tests share: real servers, pictures, scenes, and what a client or a person does."""
