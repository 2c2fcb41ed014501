// sampler as a custom logic, on those ports of the F2 shell that it uses.
//
// In the vendor's kit the ports come from its own list (`include "cl_ports.vh"`), and the buses that are not used are tied
// off; all below the port list stays as it is.
module sampler_cl
  import sampler_regs_pkg::*;
(
  input  logic clk_main_a0,
  input  logic rst_main_n,
  output logic [31:0] cl_sh_id0,
  output logic [31:0] cl_sh_id1,
  output logic [15:0] cl_sh_status_vled,
  output logic [15:0] cl_sh_apppf_irq_req,
  input  logic [15:0] sh_cl_apppf_irq_ack,

  // OCL: BAR 0 of the application function
  input  logic [31:0] ocl_cl_awaddr,
  input  logic ocl_cl_awvalid,
  output logic cl_ocl_awready,
  input  logic [31:0] ocl_cl_wdata,
  input  logic [3:0] ocl_cl_wstrb,
  input  logic ocl_cl_wvalid,
  output logic cl_ocl_wready,
  output logic [1:0] cl_ocl_bresp,
  output logic cl_ocl_bvalid,
  input  logic ocl_cl_bready,
  input  logic [31:0] ocl_cl_araddr,
  input  logic ocl_cl_arvalid,
  output logic cl_ocl_arready,
  output logic [31:0] cl_ocl_rdata,
  output logic [1:0] cl_ocl_rresp,
  output logic cl_ocl_rvalid,
  input  logic ocl_cl_rready,

  // PCIM: the host's memory
  output logic [15:0] cl_sh_pcim_awid,
  output logic [63:0] cl_sh_pcim_awaddr,
  output logic [7:0] cl_sh_pcim_awlen,
  output logic [2:0] cl_sh_pcim_awsize,
  output logic cl_sh_pcim_awvalid,
  input  logic sh_cl_pcim_awready,
  output logic [511:0] cl_sh_pcim_wdata,
  output logic [63:0] cl_sh_pcim_wstrb,
  output logic cl_sh_pcim_wlast,
  output logic cl_sh_pcim_wvalid,
  input  logic sh_cl_pcim_wready,
  input  logic [15:0] sh_cl_pcim_bid,
  input  logic [1:0] sh_cl_pcim_bresp,
  input  logic sh_cl_pcim_bvalid,
  output logic cl_sh_pcim_bready,
  output logic [15:0] cl_sh_pcim_arid,
  output logic [63:0] cl_sh_pcim_araddr,
  output logic [7:0] cl_sh_pcim_arlen,
  output logic [2:0] cl_sh_pcim_arsize,
  output logic cl_sh_pcim_arvalid,
  input  logic sh_cl_pcim_arready,
  input  logic [15:0] sh_cl_pcim_rid,
  input  logic [511:0] sh_cl_pcim_rdata,
  input  logic [1:0] sh_cl_pcim_rresp,
  input  logic sh_cl_pcim_rlast,
  input  logic sh_cl_pcim_rvalid,
  output logic cl_sh_pcim_rready
);

  assign cl_sh_id0 = 32'hF0101D0F;  // device, vendor
  assign cl_sh_id1 = 32'h1D51FEDC;  // subsystem, its vendor

  in_t given;
  out_t told;
  interrupts_t raised;
  logic irq;

  sampler_axil registers (
    .clk(clk_main_a0),
    .rst_n(rst_main_n),
    .interrupts(raised),
    .irq(irq),
    .hwif_in(given),
    .hwif_out(told),
    .s_axil_awaddr(ocl_cl_awaddr[11:0]),
    .s_axil_awprot(3'b0),
    .s_axil_awvalid(ocl_cl_awvalid),
    .s_axil_awready(cl_ocl_awready),
    .s_axil_wdata(ocl_cl_wdata),
    .s_axil_wstrb(ocl_cl_wstrb),
    .s_axil_wvalid(ocl_cl_wvalid),
    .s_axil_wready(cl_ocl_wready),
    .s_axil_bresp(cl_ocl_bresp),
    .s_axil_bvalid(cl_ocl_bvalid),
    .s_axil_bready(ocl_cl_bready),
    .s_axil_araddr(ocl_cl_araddr[11:0]),
    .s_axil_arprot(3'b0),
    .s_axil_arvalid(ocl_cl_arvalid),
    .s_axil_arready(cl_ocl_arready),
    .s_axil_rdata(cl_ocl_rdata),
    .s_axil_rresp(cl_ocl_rresp),
    .s_axil_rvalid(cl_ocl_rvalid),
    .s_axil_rready(ocl_cl_rready)
  );

  sampler_core core (
    .clk(clk_main_a0),
    .rst_n(rst_main_n),
    .told(told),
    .given(given),
    .leds(cl_sh_status_vled),
    .awaddr(cl_sh_pcim_awaddr),
    .awvalid(cl_sh_pcim_awvalid),
    .awready(sh_cl_pcim_awready),
    .wdata(cl_sh_pcim_wdata),
    .wvalid(cl_sh_pcim_wvalid),
    .wready(sh_cl_pcim_wready),
    .bresp(sh_cl_pcim_bresp),
    .bvalid(sh_cl_pcim_bvalid),
    .bready(cl_sh_pcim_bready)
  );

  // One whole beat a burst; nothing is read.
  assign cl_sh_pcim_awid = 16'h0;
  assign cl_sh_pcim_awlen = 8'h0;
  assign cl_sh_pcim_awsize = 3'h6;
  assign cl_sh_pcim_wstrb = '1;
  assign cl_sh_pcim_wlast = 1'b1;
  assign cl_sh_pcim_arid = 16'h0;
  assign cl_sh_pcim_araddr = 64'h0;
  assign cl_sh_pcim_arlen = 8'h0;
  assign cl_sh_pcim_arsize = 3'h6;
  assign cl_sh_pcim_arvalid = 1'b0;
  assign cl_sh_pcim_rready = 1'b1;

  // ---- Interrupt 0: asked for when one is raised; the shell acknowledges before the next one ----

  logic was_raised, wanted, waits;

  assign cl_sh_apppf_irq_req = {15'h0, wanted && !waits};

  always_ff @(posedge clk_main_a0) begin
    if (!rst_main_n) begin
      was_raised <= 1'b0;
      wanted <= 1'b0;
      waits <= 1'b0;
    end else begin
      was_raised <= irq;
      if (wanted && !waits) begin
        wanted <= 1'b0;
        waits <= 1'b1;
      end
      if (irq && !was_raised) wanted <= 1'b1;
      if (sh_cl_apppf_irq_ack[0]) waits <= 1'b0;
    end
  end

  logic unused;
  assign unused = &{1'b0, raised, ocl_cl_awaddr[31:12], ocl_cl_araddr[31:12], sh_cl_apppf_irq_ack[15:1], sh_cl_pcim_bid,
                    sh_cl_pcim_arready, sh_cl_pcim_rid, sh_cl_pcim_rdata, sh_cl_pcim_rresp, sh_cl_pcim_rlast,
                    sh_cl_pcim_rvalid};

endmodule : sampler_cl
