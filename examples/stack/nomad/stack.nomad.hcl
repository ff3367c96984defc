# Nomad, ON PAPER: written after its documentation, never run. The API, its
# worker and Redis; the other services follow the same pattern.
#
# Nomad asks hale's listener, which answers 503 until the service is ready.

job "product" {
  type = "service"

  update {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "10s"
    healthy_deadline = "3m"
    auto_revert      = true
  }

  group "redis" {
    network {
      mode = "bridge"
      port "hale" { to = 9110 }
    }
    service {
      name     = "redis"
      port     = "6379"
      provider = "nomad"
      check {
        type     = "http"
        port     = "hale"
        path     = "/readyz"
        interval = "5s"
        timeout  = "2s"
      }
    }
    task "redis" {
      driver       = "docker"
      kill_timeout = "10s"
      config {
        image           = "hale-stack-redis:latest"
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }
      resources {
        cpu    = 200
        memory = 256
      }
    }
  }

  group "api" {
    count = 2
    network {
      mode = "bridge"
      port "http" { to = 10400 }
      port "hale" { to = 9110 }
    }
    service {
      name     = "api"
      port     = "http"
      provider = "nomad"
      check {
        type     = "http"
        port     = "hale"
        path     = "/readyz"
        interval = "5s"
        timeout  = "2s"
      }
    }
    task "api" {
      driver       = "docker"
      kill_timeout = "10s"
      config {
        image           = "hale-stack-api:latest"
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        mount {
          type   = "bind"
          source = "secrets/db_password"
          target = "/run/secrets/db_password"
        }
      }
      template {
        destination = "secrets/db_password"
        data        = "{{ with nomadVar \"product\" }}{{ .db_password }}{{ end }}"
        perms       = "444"
      }
      resources {
        cpu    = 500
        memory = 384
      }
    }
  }

  group "worker" {
    count = 2
    network {
      mode = "bridge"
      port "hale" { to = 9110 }
    }
    service {
      name     = "worker"
      port     = "hale"
      provider = "nomad"
      check {
        type     = "http"
        path     = "/readyz"
        interval = "5s"
        timeout  = "2s"
      }
    }
    task "worker" {
      driver       = "docker"
      kill_timeout = "10s"
      config {
        image           = "hale-stack-worker:latest"
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }
      resources {
        cpu    = 500
        memory = 384
      }
    }
  }
}
