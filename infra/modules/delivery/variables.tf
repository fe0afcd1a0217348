variable "name" {
  type = string
}

variable "services" {
  type = set(string)
}
