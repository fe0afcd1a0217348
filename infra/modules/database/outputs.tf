output "identifier" {
  value = aws_db_instance.this.identifier
}

output "address" {
  value = aws_db_instance.this.address
}

output "name" {
  value = aws_db_instance.this.db_name
}

output "owner_secret_arn" {
  value = aws_db_instance.this.master_user_secret[0].secret_arn
}
