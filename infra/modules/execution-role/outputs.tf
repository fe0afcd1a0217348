output "arn" {
  value = module.role.arn
}
