// What the vendor's kit has only for the vendor's tools, for the simulation of cl_sde: register slices that pass all on,
// and a debug bridge that does nothing.

module axi_register_slice (
  input logic aclk, aresetn,
  input logic [15:0] s_axi_awid,
  output logic [15:0] m_axi_awid,
  input logic [63:0] s_axi_awaddr,
  output logic [63:0] m_axi_awaddr,
  input logic [7:0] s_axi_awlen,
  output logic [7:0] m_axi_awlen,
  input logic [2:0] s_axi_awsize,
  output logic [2:0] m_axi_awsize,
  input logic s_axi_awvalid,
  output logic m_axi_awvalid,
  output logic s_axi_awready,
  input logic m_axi_awready,
  input logic [511:0] s_axi_wdata,
  output logic [511:0] m_axi_wdata,
  input logic [63:0] s_axi_wstrb,
  output logic [63:0] m_axi_wstrb,
  input logic s_axi_wlast,
  output logic m_axi_wlast,
  input logic s_axi_wvalid,
  output logic m_axi_wvalid,
  output logic s_axi_wready,
  input logic m_axi_wready,
  output logic [15:0] s_axi_bid,
  input logic [15:0] m_axi_bid,
  output logic [1:0] s_axi_bresp,
  input logic [1:0] m_axi_bresp,
  output logic s_axi_bvalid,
  input logic m_axi_bvalid,
  input logic s_axi_bready,
  output logic m_axi_bready,
  input logic [15:0] s_axi_arid,
  output logic [15:0] m_axi_arid,
  input logic [63:0] s_axi_araddr,
  output logic [63:0] m_axi_araddr,
  input logic [7:0] s_axi_arlen,
  output logic [7:0] m_axi_arlen,
  input logic [2:0] s_axi_arsize,
  output logic [2:0] m_axi_arsize,
  input logic s_axi_arvalid,
  output logic m_axi_arvalid,
  output logic s_axi_arready,
  input logic m_axi_arready,
  output logic [15:0] s_axi_rid,
  input logic [15:0] m_axi_rid,
  output logic [511:0] s_axi_rdata,
  input logic [511:0] m_axi_rdata,
  output logic [1:0] s_axi_rresp,
  input logic [1:0] m_axi_rresp,
  output logic s_axi_rlast,
  input logic m_axi_rlast,
  output logic s_axi_rvalid,
  input logic m_axi_rvalid,
  input logic s_axi_rready,
  output logic m_axi_rready
);
  assign m_axi_awid = s_axi_awid;
  assign m_axi_awaddr = s_axi_awaddr;
  assign m_axi_awlen = s_axi_awlen;
  assign m_axi_awsize = s_axi_awsize;
  assign m_axi_awvalid = s_axi_awvalid;
  assign s_axi_awready = m_axi_awready;
  assign m_axi_wdata = s_axi_wdata;
  assign m_axi_wstrb = s_axi_wstrb;
  assign m_axi_wlast = s_axi_wlast;
  assign m_axi_wvalid = s_axi_wvalid;
  assign s_axi_wready = m_axi_wready;
  assign s_axi_bid = m_axi_bid;
  assign s_axi_bresp = m_axi_bresp;
  assign s_axi_bvalid = m_axi_bvalid;
  assign m_axi_bready = s_axi_bready;
  assign m_axi_arid = s_axi_arid;
  assign m_axi_araddr = s_axi_araddr;
  assign m_axi_arlen = s_axi_arlen;
  assign m_axi_arsize = s_axi_arsize;
  assign m_axi_arvalid = s_axi_arvalid;
  assign s_axi_arready = m_axi_arready;
  assign s_axi_rid = m_axi_rid;
  assign s_axi_rdata = m_axi_rdata;
  assign s_axi_rresp = m_axi_rresp;
  assign s_axi_rlast = m_axi_rlast;
  assign s_axi_rvalid = m_axi_rvalid;
  assign m_axi_rready = s_axi_rready;
endmodule

module axi_register_slice_light (
  input logic aclk, aresetn,
  input logic [31:0] s_axi_awaddr,
  output logic [31:0] m_axi_awaddr,
  input logic [2:0] s_axi_awprot,
  output logic [2:0] m_axi_awprot,
  input logic s_axi_awvalid,
  output logic m_axi_awvalid,
  output logic s_axi_awready,
  input logic m_axi_awready,
  input logic [31:0] s_axi_wdata,
  output logic [31:0] m_axi_wdata,
  input logic [3:0] s_axi_wstrb,
  output logic [3:0] m_axi_wstrb,
  input logic s_axi_wvalid,
  output logic m_axi_wvalid,
  output logic s_axi_wready,
  input logic m_axi_wready,
  output logic [1:0] s_axi_bresp,
  input logic [1:0] m_axi_bresp,
  output logic s_axi_bvalid,
  input logic m_axi_bvalid,
  input logic s_axi_bready,
  output logic m_axi_bready,
  input logic [31:0] s_axi_araddr,
  output logic [31:0] m_axi_araddr,
  input logic [2:0] s_axi_arprot,
  output logic [2:0] m_axi_arprot,
  input logic s_axi_arvalid,
  output logic m_axi_arvalid,
  output logic s_axi_arready,
  input logic m_axi_arready,
  output logic [31:0] s_axi_rdata,
  input logic [31:0] m_axi_rdata,
  output logic [1:0] s_axi_rresp,
  input logic [1:0] m_axi_rresp,
  output logic s_axi_rvalid,
  input logic m_axi_rvalid,
  input logic s_axi_rready,
  output logic m_axi_rready
);
  assign m_axi_awaddr = s_axi_awaddr;
  assign m_axi_awprot = s_axi_awprot;
  assign m_axi_awvalid = s_axi_awvalid;
  assign s_axi_awready = m_axi_awready;
  assign m_axi_wdata = s_axi_wdata;
  assign m_axi_wstrb = s_axi_wstrb;
  assign m_axi_wvalid = s_axi_wvalid;
  assign s_axi_wready = m_axi_wready;
  assign s_axi_bresp = m_axi_bresp;
  assign s_axi_bvalid = m_axi_bvalid;
  assign m_axi_bready = s_axi_bready;
  assign m_axi_araddr = s_axi_araddr;
  assign m_axi_arprot = s_axi_arprot;
  assign m_axi_arvalid = s_axi_arvalid;
  assign s_axi_arready = m_axi_arready;
  assign s_axi_rdata = m_axi_rdata;
  assign s_axi_rresp = m_axi_rresp;
  assign s_axi_rvalid = m_axi_rvalid;
  assign m_axi_rready = s_axi_rready;
endmodule

module cl_debug_bridge (
  input logic clk, S_BSCAN_drck, S_BSCAN_shift, S_BSCAN_tdi, S_BSCAN_update, S_BSCAN_sel, S_BSCAN_tms, S_BSCAN_tck,
  input logic S_BSCAN_runtest, S_BSCAN_reset, S_BSCAN_capture, S_BSCAN_bscanid_en,
  output logic S_BSCAN_tdo
);
  assign S_BSCAN_tdo = 1'b0;
endmodule
