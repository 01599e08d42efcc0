"""The commands. Each module holds one family; heavy imports happen inside the command that needs them."""
